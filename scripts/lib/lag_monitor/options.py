"""What can be asked for. Wrong usage ends with 3, since 1 and 2 are verdicts."""

import argparse
import os
import sys

NAME = "kafka-to-db-consumer"
CANNOT_TELL = 3

DESCRIPTION = """\
Shows how kafka-to-db-consumer does: lag by topic and partition with its trend, connections to the database, the
views on performance, active alerts, and pods. Looks into Kubernetes, or at plain addresses.

exit codes (as Nagios has them):
  0  ok
  1  warning: lag over --lag-warning or --seconds-warning, it only grows, pods not ready, an alert, connections running out
  2  critical: lag over --lag-critical or --seconds-critical, a partition stalled or stopped, a topic stopped, messages
     soon deleted by retention, Kafka or database away, no pod ready
  3  cannot tell: no lag could be read, or wrong usage
The reasons are printed. --watch that is ended by Ctrl-C exits 0."""

EPILOG = """\
Which way: with --kubernetes or --plain as told. Else: plain when --bootstrap, --database-url or --status-url is given;
Kubernetes when kubectl finds the deployment; else plain, by the environment as the program itself reads it
(LOOM_KAFKA_BOOTSTRAP_SERVERS, LOOM_DATABASE_URL, LOOM_KAFKA_GROUP_ID, LOOM_RDKAFKA_*, ...).

Needs python3. Kubernetes: kubectl, which may read pods, deployments and HPAs, exec into pods and, for what only the
service knows (stalled partitions, stopped topics, busy connections), get pods/proxy. Plain: the program (--program,
build/release/, PATH) and psql. What is missing is said in its section; the rest is shown all the same.

cron:  */5 * * * *  monitor-consumer-lag.sh --plain >/tmp/lag.txt || mail -s "consumer lag" ops@example.org </tmp/lag.txt"""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(CANNOT_TELL, f"error: {message} (see --help)\n")


def positive(text):
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("has to be more than 0")
    return value


def limit(text):
    value = float(text)
    if value < 0:
        raise argparse.ArgumentTypeError("cannot be negative; 0 switches it off")
    return value


def parse(arguments=None):
    parser = Parser(prog="scripts/monitor-consumer-lag.sh",
                    usage="%(prog)s [--once | --watch [SECONDS] | --wait SECONDS] [--json] [OPTION]...",
                    description=DESCRIPTION, epilog=EPILOG,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.allow_abbrev = False
    mode = parser.add_argument_group("what to do").add_mutually_exclusive_group()
    mode.add_argument("--once", action="store_true", help="one look, which is the default")
    mode.add_argument("--watch", nargs="?", type=positive, const=5.0, metavar="SECONDS",
                      help="again and again until Ctrl-C, on a terminal in place (every 5 seconds)")
    mode.add_argument("--wait", type=positive, metavar="SECONDS",
                      help="look until the lag is below its warnings, for so long at most; 0 as soon as it is, else the verdict")
    parser.add_argument("--json", action="store_true", help="an object on a line: lag, pool, performance, alerts, pods, verdict, reasons")
    parser.add_argument("--sample", type=positive, default=4.0, metavar="SECONDS",
                        help="between the two looks that a trend takes, where the service is not asked for its own (4)")

    what = parser.add_argument_group("of what")
    what.add_argument("--group", help="the consumer group (default: the program's own)")
    what.add_argument("--service", default=NAME, help="its name in the views (%(default)s)")
    what.add_argument("--application", default="%kafka%", metavar="PATTERN",
                      help="connections to count, LIKE this application_name (%%kafka%%)")

    limits = parser.add_argument_group("limits; 0 switches one off")
    limits.add_argument("--lag-warning", type=limit, default=1_000, metavar="MESSAGES", help="(1000)")
    limits.add_argument("--lag-critical", type=limit, default=10_000, metavar="MESSAGES", help="(10000)")
    limits.add_argument("--seconds-warning", type=limit, default=60, metavar="SECONDS",
                        help="how long the oldest message may wait (60)")
    limits.add_argument("--seconds-critical", type=limit, default=300, metavar="SECONDS", help="(300)")
    limits.add_argument("--retention", type=limit, default=0.8, metavar="SHARE",
                        help="lag over what the log holds; critical when over --seconds-warning, too (0.8)")

    way = parser.add_argument_group("which way").add_mutually_exclusive_group()
    way.add_argument("--kubernetes", action="store_true", help="through kubectl")
    way.add_argument("--plain", action="store_true", help="addresses only, no kubectl")
    cluster = parser.add_argument_group("Kubernetes")
    cluster.add_argument("--namespace", "-n", default="loom-dev", help="(%(default)s)")
    cluster.add_argument("--context", help="kubectl's context")
    cluster.add_argument("--release", default=NAME, help="the helm release (%(default)s)")
    cluster.add_argument("--deployment", metavar="NAME", help="(default: what the chart calls it in that release)")
    cluster.add_argument("--database-pod", default="deployment/timescaledb", metavar="POD",
                         help="where psql is run by kubectl exec, unless --database-url is given (%(default)s)")
    cluster.add_argument("--psql", default="psql -U loom -d loom", metavar="COMMAND", help="what is run there (%(default)s)")
    cluster.add_argument("--kafka-pod", default="deployment/kafka", metavar="POD",
                         help="where kafka-consumer-groups.sh is run when no pod of the consumer runs (%(default)s)")
    plain = parser.add_argument_group("plain addresses")
    plain.add_argument("--bootstrap", metavar="HOST:PORT", help="(LOOM_KAFKA_BOOTSTRAP_SERVERS)")
    plain.add_argument("--database-url", metavar="URL", help="(LOOM_DATABASE_URL; LOOM_DATABASE_URL_FILE keeps it out of ps)")
    plain.add_argument("--status-url", action="append", default=[], metavar="URL",
                       help="the service's own account, such as http://host:8001/status; once for each replica")
    plain.add_argument("--program", metavar="FILE", help="kafka-to-db-consumer")

    options = parser.parse_args(arguments)
    for name in ("lag", "seconds"):
        low, high = getattr(options, f"{name}_warning"), getattr(options, f"{name}_critical")
        if low and high and low > high:
            parser.error(f"--{name}-warning ({low:g}) is above --{name}-critical ({high:g})")
    options.deployment = options.deployment or deployment_of(options.release)
    options.given_addresses = bool(options.bootstrap or options.database_url or options.status_url)
    options.database_url = options.database_url or from_environment("DATABASE_URL")
    return options


def deployment_of(release):
    """As the chart names it: the release alone when it says what it is."""
    return (release if NAME in release else f"{release}-{NAME}")[:44].rstrip("-")


def from_environment(name):
    """As the program reads it: LOOM_X, X, or the file that LOOM_X_FILE names."""
    path = os.environ.get(f"LOOM_{name}_FILE")
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip()
        except OSError as error:
            sys.stderr.write(f"warning: LOOM_{name}_FILE: {error}\n")
    return os.environ.get(f"LOOM_{name}") or os.environ.get(name)
