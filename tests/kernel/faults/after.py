# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold after a command was disturbed: the next one tells, cleans up and agrees (I2, I3)."""

LOOKS = (("status",), ("history",), ("verify",), ("plan", "ssh"), ("show",))
CHANGES = (("apply", "ssh", "https"), ("confirm",), ("rollback",), ("restore",), ("disable",),
           ("extend", "1h"))


def expected_status(command, table, is_missing):
    """The exit statuses that the manual allows, given what is enforced."""
    if command[0] in ("confirm", "extend"):
        return {0} if table.trial else {4}
    if command[0] == "apply":
        return {4} if table.trial else {0}
    if command[0] == "restore":
        return {0} if table.trial or table.slot else {0, 1}
    if command[0] == "rollback":
        return {0} if table.trial else {0, 1, 4}
    if command[0] == "verify" and not table.slot:
        return {1, 6} if is_missing is None else {6} if is_missing else {1}
    return {0}


def check_next(host, command, was_left, is_missing):
    """Runs the next command. Returns what is wrong about it, and its result. `is_missing`: whether the
    history has something as enforced where nothing is; None: perhaps."""
    before = host.table()
    result = host.portguard(*command)
    after = host.table()
    faults = []
    if result.status not in expected_status(command, before, is_missing):
        faults.append("the next command ends with another exit status than it should")
    if result.status != 0 and not (result.err + result.out).strip():
        faults.append("the next command fails without a word")
    if was_left and "warning: " not in result.err:
        faults.append("the next command does not tell that something was left")
    if not was_left and "interrupt" in result.err:
        faults.append("the next command tells of an interruption that left nothing")
    if command in LOOKS and after.key != before.key:
        faults.append("a command that only looks changed what is enforced")
    return faults, result


def _check_history(table, history):
    faults = []
    enforced = [entry for entry in history["generations"] if entry["enforced"]]
    if [entry["generation"] for entry in enforced] != ([table.number] if table.slot else []):
        faults.append("the history has another generation as enforced than the kernel")
    for entry in history["generations"]:
        wanted = ("trial" if table.trial else "confirmed") if entry in enforced else None
        if wanted and entry["state"] != wanted:
            faults.append(f"the enforced generation has the state {entry['state']}")
        if not wanted and entry["state"] in ("stored", "trial"):
            faults.append(f"generation {entry['generation']} has still the state {entry['state']}")
        if wanted and entry["digest"] != table.record(table.slot)[1][:64]:
            faults.append("the digest of the enforced generation is another")
    return faults


def check_settled(host, is_missing=False, silent=True):
    """Nothing is left; the kernel and the history agree; nobody tells of anything any more."""
    table = host.table()
    faults = table.problems + table.leftovers()
    told, status = host.json("status")
    listed, history = host.json("history")
    if told.status != 0 or not status or listed.status != 0 or not history:
        return faults + [f"it cannot be asked what is enforced:\n{told}\n{listed}"]
    if silent and (told.err or listed.err or status["warnings"]):
        faults.append("it is told once more that something was left")
    if status["generation"] != table.number:
        faults.append(f"status says generation {status['generation']}, the kernel {table.number}")
    if (status["trial"] is not None) != (table.trial is not None):
        faults.append("status and the kernel disagree about a trial")
    if is_missing is not None and (status["fault"] is not None) != (is_missing and not table.slot):
        faults.append(f"status says of the table: {status['fault']}")
    faults += _check_history(table, history)
    if host.lock_is_left():
        faults.append("the file of the lock is not empty")
    database = host.database_fault()
    if database:
        faults.append(f"the database is damaged: {database}")
    return faults


def check_works(host):
    """An apply works, and verify finds everything in order."""
    faults = []
    if host.table().trial:
        result = host.portguard("rollback")
        if result.status != 0:
            faults.append(f"the trial cannot be ended:\n{result}")
    for command in (("apply", "https"), ("verify",)):
        result = host.portguard(*command)
        if result.status != 0 or result.err:
            faults.append(f"not silent, or not successful:\n{result}")
    return faults
