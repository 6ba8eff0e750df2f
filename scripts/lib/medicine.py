"""Reads a report of monitor-consumer-lag.sh --json and says what speaks against more replicas, for fix-consumer-lag.sh.

Lines "against TEXT" and "note TEXT"; exit code 1 when the report says too little.
"""

import json
import sys


def main():
    replicas = int(sys.argv[1])
    try:
        report = json.load(sys.stdin)
    except ValueError:
        return 1
    for reason in report["reasons"]:
        against = reason["about"] in ("kafka", "database", "pool")
        print("against" if against else "note", reason["text"])
    pool, lag = report["pool"], report["lag"]
    if pool["saturated"] and not any(reason["about"] in ("pool", "database") for reason in report["reasons"]):
        print("against the connections to the database are exhausted: it is the limit, and more replicas would want more of them")
    if lag["known"]:
        print(f"note the lag is {lag['total']:,} {'message' if lag['total'] == 1 else 'messages'}, {lag['trend']}")
        # Each partition has one owner: what is beyond their number stands idle.
        most = max((topic["partitions"] for topic in lag["topics"] if topic["lag"]), default=0)
        if 0 < most < replicas and len(lag["partitions"]) <= replicas:
            partitions = "1 partition" if most == 1 else f"{most} partitions"
            print(f"note the topics that are behind have {partitions} at most: no more replicas than that share their lag")
    return 0 if lag["known"] or pool["known"] or report["reasons"] else 1


if __name__ == "__main__":
    sys.exit(main())
