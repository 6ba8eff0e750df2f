"""CPU seconds and memory of processes, out of /proc. The same counts as benchmarks/drain/machine.cpp makes."""

import os

TICK = os.sysconf("SC_CLK_TCK")


def _fields(pid):
    """Fields of /proc/PID/stat from the third on: the second, the name, may hold anything."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def _children(pid):
    parent = str(pid)
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _fields(name)
            if fields and fields[1] == parent:
                yield name


def process_cpu(pid):
    fields = _fields(pid)
    return (int(fields[11]) + int(fields[12])) / TICK if fields else 0.0


def family_cpu(pid):
    """A process, its living children, and those that it has waited for: a server with its backends."""
    fields = _fields(pid)
    if not fields:
        return 0.0
    own = sum(int(fields[i]) for i in (11, 12, 13, 14)) / TICK
    return own + sum(process_cpu(child) for child in _children(pid))


def peak_megabytes(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    return 0.0


def machine_cpu():
    """(busy, idle) seconds of all CPUs; what the hypervisor took counts as neither."""
    with open("/proc/stat", encoding="utf-8") as file:
        user, nice, system, idle, disk_wait, interrupt, soft = (int(x) / TICK for x in file.readline().split()[1:8])
    return user + nice + system + interrupt + soft, idle + disk_wait


def machine_name():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.partition(": ")[2].strip() for line in file if line.startswith("model name")]
    return f"{os.cpu_count()} x {models[0] if models else 'unknown CPU'}"
