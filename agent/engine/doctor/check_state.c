/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history: that it is there, whose it is, that it is sound, and that the kernel holds what it says.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strings.h"
#include "base/trust.h"
#include "engine/doctor/internal.h"
#include "engine/engine.h"
#include "engine/intended.h"
#include "engine/table.h"
#include "state/directory.h"
#include "state/store/store.h"

/* What the file or directory should not let others do; its owner has no name in a user namespace. */
static int check_owner(struct pg_doctor *doctor, const char *what, const char *path,
                       const struct stat *status, const char *mode)
{
        _cleanup_(pg_freep) char *word = pg_shell_word(path);
        _cleanup_(pg_freep) char *chmod = word ? pg_format("chmod %s %s", mode, word) : NULL;
        _cleanup_(pg_freep) char *chown = word ? pg_format("chown root %s", word) : NULL;
        int r = 0;

        if (!chmod || !chown)
                return -ENOMEM;
        if (status->st_mode & 077)
                r = pg_doctor_add(doctor, "state",
                                  status->st_mode & 022 ? PG_CHECK_PROBLEM : PG_CHECK_WARNING, chmod,
                                  "the %s %s has mode %04o: others may %s it", what, path,
                                  (unsigned)status->st_mode & 07777,
                                  status->st_mode & 022 ? "change" : "read");
        if (r >= 0 && !pg_trust_owner(status->st_uid, PG_TRUST_ROOT))
                r = pg_doctor_add(doctor, "state", PG_CHECK_PROBLEM, chown,
                                  "the %s %s belongs to user %u, who could change what is enforced",
                                  what, path, (unsigned)status->st_uid);
        return r;
}

/* What the trial falls back to has no names here. */
static char *advise_reapply(const struct pg_view *view)
{
        return pg_reapply_text(view->profiles,
                               view->state == PG_STATE_CONFIRMED ? view->n_profiles : 0);
}

static int check_generation(struct pg_doctor *doctor, const struct pg_intended *intended)
{
        const struct pg_view *view = doctor->view;
        uint32_t kept = view->state == PG_STATE_TRIAL ? view->trial.falls_back_to : view->generation;
        _cleanup_(pg_freep) char *reapply = advise_reapply(view), *keep = NULL;
        char name[PG_GENERATION_TEXT_MAX] = "nothing";

        if (!reapply)
                return -ENOMEM;
        if (view->state != PG_STATE_OFF &&
            (view->generation == 0 || view->trial.after == PG_AFTER_TRIAL_UNRECORDED))
                return 0; /* its record is gone or was changed: pg_check_enforced() tells */
        if (kept == intended->confirmed)
                return 0;
        if (view->state == PG_STATE_OFF || intended->is_disabled)
                return 0; /* the same */
        if (intended->confirmed == 0)
                return pg_doctor_add(doctor, "state", PG_CHECK_WARNING, reapply,
                                     "generation %u is enforced, and the history does not know that it "
                                     "was confirmed: it does not come back at boot",
                                     kept);
        if (view->state == PG_STATE_TRIAL)
                return pg_doctor_add(
                        doctor, "state", PG_CHECK_WARNING,
                        view->trial.cannot_confirm ? "portguard rollback and then portguard restore"
                        : view->generation == intended->confirmed
                                ? "portguard confirm"
                                : "portguard confirm, to keep what is on trial; portguard rollback and "
                                  "then portguard restore, to have what comes back at boot",
                        "the trial falls back to %s, but by the history "
                        "generation %u is enforced for good, and comes back at boot",
                        kept ? pg_generation_text(kept, name) : name, intended->confirmed);
        keep = pg_format("portguard restore, or to keep what is enforced: %s", reapply);
        if (!keep)
                return -ENOMEM;
        return pg_doctor_add(doctor, "state", PG_CHECK_WARNING, keep,
                             "generation %u is enforced, but by the history it should be %u, which is "
                             "what comes back at boot",
                             kept, intended->confirmed);
}

static int check_content(struct pg_doctor *doctor, struct pg_store *store, bool is_read_only)
{
        _cleanup_(pg_intended_done) struct pg_intended intended = {0};
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        _cleanup_(pg_freep) char *reapply = advise_reapply(doctor->view);
        _cleanup_(pg_freep) char *anew =
                reapply ? pg_format("move state.db away, then %s: that begins a new history", reapply)
                        : NULL;
        struct pg_error error;
        int r = pg_store_check(store, &error);

        if (!anew)
                return -ENOMEM;
        if (r >= 0)
                r = pg_store_intended(store, &intended, &error);
        if (r < 0)
                return pg_doctor_add(doctor, "state", PG_CHECK_PROBLEM, anew, "%s", error.message);
        if (intended.confirmed > 0)
                r = pg_store_policy(store, intended.confirmed, NULL, &policy, &error);
        /* In place of what a newer version wrote, an older one comes back. */
        if (r < 0 && r != -ENOTSUP)
                return pg_doctor_add(doctor, "state", PG_CHECK_PROBLEM, reapply,
                                     "generation %u could not be brought back at boot: %s",
                                     intended.confirmed, error.message);
        r = check_generation(doctor, &intended);
        if (r >= 0 && intended.n_unsettled > 0 && doctor->view->state != PG_STATE_TRIAL)
                r = pg_doctor_add(doctor, "state", PG_CHECK_NOTE, NULL,
                                  "how %zu generation%s ended is not known: %s", intended.n_unsettled,
                                  intended.n_unsettled == 1 ? "" : "s",
                                  is_read_only ? "the next apply that can write the history settles it"
                                               : "somebody is at work, or the next apply settles it");
        if (r >= 0 && intended.confirmed > 0)
                r = pg_doctor_add(doctor, "state", PG_CHECK_OK, NULL,
                                  "the history is sound; generation %u is what comes back at boot",
                                  intended.confirmed);
        else if (r >= 0)
                r = pg_doctor_add(doctor, "state", PG_CHECK_OK, NULL,
                                  "the history is sound; nothing is to be enforced");
        return r;
}

static int check_absence(struct pg_doctor *doctor, const char *path)
{
        _cleanup_(pg_freep) char *reapply = advise_reapply(doctor->view);

        if (!reapply)
                return -ENOMEM;
        if (doctor->view->state == PG_STATE_OFF)
                return pg_doctor_add(doctor, "state", PG_CHECK_NOTE, NULL,
                                     "there is no history in %s yet: the first apply makes it", path);
        return pg_doctor_add(doctor, "state", PG_CHECK_PROBLEM, reapply,
                             "there is no history in %s: what is enforced does not come back at boot",
                             path);
}

/* What only looks works all the same, and so do disable, restore and the end of a trial. */
static int check_writable(struct pg_doctor *doctor, const char *path, bool *ret_is_read_only)
{
        *ret_is_read_only = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0 && errno == EROFS;
        if (!*ret_is_read_only)
                return 0;
        return pg_doctor_add(
                doctor, "state", PG_CHECK_WARNING, "remount it, or name another directory with --state",
                "the state directory %s is on a file system that is read-only: no policy can "
                "be applied",
                path);
}

int pg_check_state(struct pg_doctor *doctor)
{
        const char *path = pg_setting_state(doctor->settings);
        _cleanup_(pg_freep) char *file = pg_format("%s/%s", path, PG_STATE_HISTORY);
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        struct pg_error error;
        struct stat status;
        bool is_read_only;
        int r;

        if (!file)
                return -ENOMEM;
        r = check_writable(doctor, path, &is_read_only);
        if (r >= 0 && stat(path, &status) == 0)
                r = check_owner(doctor, "state directory", path, &status, "0700");
        if (r >= 0 && stat(file, &status) == 0)
                r = check_owner(doctor, "history", file, &status, "0600");
        if (r < 0)
                return r;
        r = pg_store_open(path, PG_STORE_READ, &store, &error);
        if (r == -ENOENT)
                return check_absence(doctor, path);
        if (r < 0)
                return pg_doctor_add(doctor, "state", PG_CHECK_PROBLEM, NULL, "%s", error.message);
        return check_content(doctor, store, is_read_only);
}
