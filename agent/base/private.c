/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files whose text is not to be shown, and messages about them. */
#include "base/private.h"

#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/strings.h"

static bool has_more_rights_than_its_caller(void)
{
        return geteuid() == 0 || getuid() != geteuid() || getauxval(AT_SECURE) != 0;
}

/* The path of an open file, without links. False where it has none any more. */
static bool find_path(int fd, const struct stat *status, char path[static PATH_MAX])
{
        char link[64];
        struct stat found;
        ssize_t length;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        length = readlink(link, path, PATH_MAX - 1);
        if (length <= 0 || path[0] != '/')
                return false;
        path[length] = '\0';
        return lstat(path, &found) == 0 && found.st_dev == status->st_dev &&
               found.st_ino == status->st_ino;
}

static bool everybody_gets_to(char *path)
{
        struct stat status;

        for (char *slash = path; slash; slash = strchr(slash + 1, '/')) {
                char kept = slash[1];
                bool passes;

                /* "/" itself, and then each folder with the slash behind it. */
                slash[1] = '\0';
                passes = stat(path, &status) == 0 && (status.st_mode & S_IXOTH);
                slash[1] = kept;
                if (!passes)
                        return false;
        }
        return true;
}

bool pg_file_is_private(int fd)
{
        static const char folder[] = PG_CONFIGURATION_FOLDER "/";
        char path[PATH_MAX];
        struct statfs filesystem;
        struct stat status;
        uid_t caller;

        if (!has_more_rights_than_its_caller())
                return false;
        /* There the mode says nothing: /proc/1/maps is 0444, and the kernel asks for more. */
        if (fstat(fd, &status) < 0 || fstatfs(fd, &filesystem) < 0 ||
            filesystem.f_type == PROC_SUPER_MAGIC)
                return true;
        if (pg_sudo_user(&caller) && caller != 0 && status.st_uid == caller)
                return false;
        if (!find_path(fd, &status, path))
                return true;
        if (strncmp(path, folder, sizeof(folder) - 1) == 0)
                return false;
        return !(status.st_mode & S_IROTH) || !everybody_gets_to(path);
}

/* A conversion of printf(): "%.*s", "%zu". */
struct conversion {
        const char *length; /* "h", "l", "ll", "z", ... */
        size_t n_length;
        char kind;
};

/* Reads the conversion that begins behind a '%', and the widths that stand among the arguments. Returns
 * its end. */
static const char *read_conversion(const char *at, struct conversion *ret, va_list *arguments)
{
        for (; *at && strchr("-+ #0123456789.*", *at); at++)
                if (*at == '*')
                        (void)va_arg(*arguments, int);
        ret->length = at;
        ret->n_length = strspn(at, "hlzjt");
        at += ret->n_length;
        ret->kind = *at;
        return *at ? at + 1 : at;
}

static uintmax_t take_number(const struct conversion *conversion, va_list *arguments)
{
        if (conversion->n_length == 0 || conversion->length[0] == 'h')
                return va_arg(*arguments, unsigned);
        if (conversion->length[0] == 'l' && conversion->n_length == 1)
                return va_arg(*arguments, unsigned long);
        if (conversion->length[0] == 'z' || conversion->length[0] == 't')
                return va_arg(*arguments, size_t);
        return va_arg(*arguments, uintmax_t);
}

static bool is_int(const struct conversion *conversion)
{
        return conversion->n_length == 0 || conversion->length[0] == 'h';
}

/* False: what comes behind cannot be reported from the arguments any more. */
static bool write_conversion(FILE *stream, const struct conversion *conversion, va_list *arguments)
{
        uintmax_t number;

        switch (conversion->kind) {
        case '%':
                fputc('%', stream);
                return true;
        case 's':
        case 'p':
                (void)va_arg(*arguments, void *);
                fputs("...", stream);
                return true;
        case 'd':
        case 'i':
                number = take_number(conversion, arguments);
                fprintf(stream, "%jd", is_int(conversion) ? (intmax_t)(int)number : (intmax_t)number);
                return true;
        case 'u':
                fprintf(stream, "%ju", take_number(conversion, arguments));
                return true;
        case 'c':
        case 'x':
        case 'X':
                (void)take_number(conversion, arguments);
                fputs("...", stream);
                return true;
        default:
                fputs("...", stream);
                return false;
        }
}

char *pg_format_private(const char *format, va_list arguments)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);
        bool goes_on = true;
        va_list copy;

        if (!stream)
                return NULL;
        va_copy(copy, arguments);
        while (goes_on && *format) {
                struct conversion conversion;

                if (*format != '%') {
                        fputc(*format++, stream);
                        continue;
                }
                format = read_conversion(format + 1, &conversion, &copy);
                goes_on = write_conversion(stream, &conversion, &copy);
        }
        va_end(copy);
        return pg_stream_end(stream, &text);
}

bool pg_sudo_user(uid_t *ret)
{
        const char *text = secure_getenv("SUDO_UID");
        uint64_t value = 0;

        if (!text || !*text || strlen(text) > 10 || (text[0] == '0' && text[1]))
                return false;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                value = value * 10 + (uint64_t)(*text - '0');
        }
        if (value >= UINT32_MAX)
                return false;
        *ret = (uid_t)value;
        return true;
}
