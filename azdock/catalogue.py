"""Every verb as one row: module, section, paths, arity, help line, failure code. Standard library only, no imports:
root help and completion are answered from here before anything else is loaded.
"""

from __future__ import annotations

MANY = -1
COMMON, PLAIN, NESTED = "Common Commands", "Commands", ""  # section of the root help; nested verbs have none
REFUSED = "refused"  # module of the verbs that azdock parses, then refuses with a reason


class Row:
    """One verb. `module` is its file in commands/, with ":name" when a file holds several.

    `paths` are its canonical spellings, the one under a noun first; `also` are other last words for that first path.
    `least` and `most` count arguments. `failure` is the exit code when it fails without a code of its own.
    """

    __slots__ = ("also", "failure", "help", "least", "module", "most", "paths", "section", "usage")

    def __init__(
        self,
        module: str,
        section: str,
        paths: tuple[str, ...],
        also: tuple[str, ...],
        usage: str,
        least: int,
        most: int,
        help: str,
        failure: int = 1,
    ) -> None:
        self.module, self.section, self.paths, self.also = module, section, paths, also
        self.usage, self.least, self.most, self.help, self.failure = usage, least, most, help, failure

    def spellings(self) -> list[str]:
        """Every way to write the verb, in the order of docker's Aliases line."""
        noun = self.paths[0].rpartition(" ")[0]
        others = [f"{noun} {word}".strip() for word in self.also]
        return [self.paths[0], *others, *self.paths[1:]]


# fmt: off
ROWS = (
    Row(
        "attach", PLAIN, ("container attach", "attach"), (), "[OPTIONS] CONTAINER", 1, 1,
        "Show the output of a container that runs, from its beginning",
    ),
    Row("completion", PLAIN, ("completion",), (), "bash|zsh|fish", 1, 1, "Print the completion script of a shell"),
    Row(
        "cp", PLAIN, ("container cp", "cp"), (),
        "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tazdock cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH", 2, 2,
        "Copy files between this machine and a container",
    ),
    Row(
        "create", PLAIN, ("container create", "create"), (), "[OPTIONS] IMAGE [COMMAND] [ARG...]", 1, MANY,
        "Create a container without starting it",
    ),
    Row("diff", PLAIN, ("container diff", "diff"), (), "CONTAINER", 1, 1, "Show what changed in a container's files"),
    Row(
        "exec", COMMON, ("container exec", "exec"), (), "[OPTIONS] CONTAINER COMMAND [ARG...]", 2, MANY,
        "Run a command in a container that runs",
    ),
    Row(
        "export", PLAIN, ("container export", "export"), (), "[OPTIONS] CONTAINER", 1, 1,
        "Write a container's file system as a tar archive",
    ),
    Row(
        "explain", PLAIN, ("explain",), (), "[OPTIONS] CONTAINER", 1, 1,
        "Say why a container ended, or does not start, and what to do next",
    ),
    Row("images", COMMON, ("image ls", "images"), ("list",), "[OPTIONS] [REPOSITORY[:TAG]]", 0, 1, "List images"),
    Row(
        "info", COMMON, ("system info", "info"), (), "[OPTIONS]", 0, 0,
        "Show the context, the engine and what is in it",
    ),
    Row(
        "inspect", PLAIN, ("inspect",), (), "[OPTIONS] NAME|ID [NAME|ID...]", 1, MANY,
        "Show everything known about containers and images",
    ),
    Row(
        "kill", PLAIN, ("container kill", "kill"), (), "[OPTIONS] CONTAINER [CONTAINER...]", 1, MANY,
        "Send a signal to containers that run",
    ),
    Row("load", PLAIN, ("image load", "load"), (), "[OPTIONS]", 0, 0, "Load images from a docker save archive"),
    Row("logs", PLAIN, ("container logs", "logs"), (), "[OPTIONS] CONTAINER", 1, 1, "Show what a container printed"),
    Row("ps", COMMON, ("container ls", "ps"), ("list", "ps"), "[OPTIONS]", 0, 0, "List containers"),
    Row(
        "rename", PLAIN, ("container rename", "rename"), (), "CONTAINER NEW_NAME", 2, 2,
        "Give a container another name",
    ),
    Row(
        "restart", PLAIN, ("container restart", "restart"), (), "[OPTIONS] CONTAINER [CONTAINER...]", 1, MANY,
        "Stop and start containers",
    ),
    Row(
        "rm", PLAIN, ("container rm", "rm"), ("remove",), "[OPTIONS] CONTAINER [CONTAINER...]", 1, MANY,
        "Remove containers",
    ),
    Row("rmi", PLAIN, ("image rm", "rmi"), ("remove",), "[OPTIONS] IMAGE [IMAGE...]", 1, MANY, "Remove images"),
    Row(
        "run", COMMON, ("container run", "run"), (), "[OPTIONS] IMAGE [COMMAND] [ARG...]", 1, MANY,
        "Create a container and run it", 125,
    ),
    Row(
        "start", PLAIN, ("container start", "start"), (), "[OPTIONS] CONTAINER [CONTAINER...]", 1, MANY,
        "Start containers that do not run",
    ),
    Row(
        "stop", PLAIN, ("container stop", "stop"), (), "[OPTIONS] CONTAINER [CONTAINER...]", 1, MANY,
        "Stop containers that run",
    ),
    Row(
        "stats", PLAIN, ("container stats", "stats"), (), "[OPTIONS] [CONTAINER...]", 0, MANY,
        "Show what containers use of CPU, memory, network and disks",
    ),
    Row(
        "top", PLAIN, ("container top", "top"), (), "[OPTIONS] CONTAINER [ps OPTIONS]", 1, MANY,
        "Show the processes of a container",
    ),
    Row(
        "update", PLAIN, ("container update", "update"), (), "[OPTIONS] CONTAINER [CONTAINER...]", 1, MANY,
        "Change the limits, environment, restart policy or image of containers",
    ),
    Row("version", COMMON, ("version",), (), "[OPTIONS]", 0, 0, "Show the versions of client and engine"),
    Row(
        "wait", PLAIN, ("container wait", "wait"), (), "CONTAINER [CONTAINER...]", 1, MANY,
        "Wait until containers stop and print their exit codes",
    ),
    Row(
        "port", PLAIN, ("container port", "port"), (), "CONTAINER [PRIVATE_PORT[/PROTO]]", 1, 2,
        "Show the published ports of a container",
    ),
    Row(
        "port_forward", PLAIN, ("port-forward",), (), "[OPTIONS] CONTAINER [LOCAL_PORT:]REMOTE_PORT...", 2, MANY,
        "Let ports of this machine lead into a container",
    ),
    Row(
        "inspect:container", NESTED, ("container inspect",), (), "[OPTIONS] CONTAINER [CONTAINER...]", 1, MANY,
        "Show everything known about containers",
    ),
    Row(
        "context:create", NESTED, ("context create",), (), "[OPTIONS] CONTEXT", 1, 1,
        "Describe an Azure subscription and environment",
    ),
    Row(
        "context:inspect", NESTED, ("context inspect",), (), "[OPTIONS] [CONTEXT] [CONTEXT...]", 0, MANY,
        "Show the details of contexts",
    ),
    Row("context:ls", NESTED, ("context ls",), ("list",), "[OPTIONS]", 0, 0, "List contexts"),
    Row("context:rm", NESTED, ("context rm",), ("remove",), "CONTEXT [CONTEXT...]", 1, MANY, "Forget contexts"),
    Row("context:show", NESTED, ("context show",), (), "", 0, 0, "Print the name of the current context"),
    Row("context:use", NESTED, ("context use",), (), "CONTEXT", 1, 1, "Choose the current context"),
    Row("emulator:logs", NESTED, ("emulator logs",), (), "[OPTIONS]", 0, 0, "Show the log of the embedded Azure"),
    Row(
        "emulator:reset", NESTED, ("emulator reset",), (), "", 0, 0,
        "Stop the embedded Azure and delete all its data",
    ),
    Row(
        "emulator:set", NESTED, ("emulator set",), (), "[OPTIONS] [NAME=VALUE...]", 0, MANY,
        "Show or change how slow and how nasty the embedded Azure is",
    ),
    Row(
        "emulator:start", NESTED, ("emulator start",), (), "[OPTIONS]", 0, 0,
        "Start the embedded Azure in the background",
    ),
    Row(
        "emulator:status", NESTED, ("emulator status",), (), "[OPTIONS]", 0, 0,
        "Show where the embedded Azure listens and what it uses",
    ),
    Row("emulator:stop", NESTED, ("emulator stop",), (), "", 0, 0, "Stop the embedded Azure"),
    Row("emulator:token", NESTED, ("emulator token",), (), "", 0, 0, "Print an access token for the embedded Azure"),
    Row("slot:ls", NESTED, ("slot ls",), ("list",), "[OPTIONS] CONTAINER", 1, 1, "List the slots of a function"),
    Row(
        "slot:rm", NESTED, ("slot rm",), ("remove",), "CONTAINER SLOT [SLOT...]", 2, MANY,
        "Remove slots of a function",
    ),
    Row("slot:swap", NESTED, ("slot swap",), (), "CONTAINER SLOT", 2, 2, "Exchange a slot with production"),
    Row(
        "trigger:add", NESTED, ("trigger add",), (), "[OPTIONS] CONTAINER FUNCTION", 2, 2,
        "Let a function of a container be triggered",
    ),
    Row(
        "trigger:ls", NESTED, ("trigger ls",), ("list",), "[OPTIONS] CONTAINER", 1, 1,
        "List what triggers the functions of a container",
    ),
    Row(
        "trigger:rm", NESTED, ("trigger rm",), ("remove",), "CONTAINER FUNCTION [FUNCTION...]", 2, MANY,
        "Let functions of a container be triggered no more",
    ),
    Row("volume:create", NESTED, ("volume create",), (), "[OPTIONS] [VOLUME]", 0, 1, "Create a volume"),
    Row(
        "volume:inspect", NESTED, ("volume inspect",), (), "[OPTIONS] VOLUME [VOLUME...]", 1, MANY,
        "Show the details of volumes",
    ),
    Row("volume:ls", NESTED, ("volume ls",), ("list",), "[OPTIONS]", 0, 0, "List volumes"),
    Row("volume:prune", NESTED, ("volume prune",), (), "[OPTIONS]", 0, 0, "Remove volumes that no container mounts"),
    Row("volume:rm", NESTED, ("volume rm",), ("remove",), "[OPTIONS] VOLUME [VOLUME...]", 1, MANY, "Remove volumes"),
    Row(
        "network:create", NESTED, ("network create",), (), "[OPTIONS] NETWORK", 1, 1,
        "Create a network: an environment of its own",
    ),
    Row(
        "network:show", NESTED, ("network inspect",), (), "[OPTIONS] NETWORK [NETWORK...]", 1, MANY,
        "Show the details of a network",
    ),
    Row("network:ls", NESTED, ("network ls",), ("list",), "[OPTIONS]", 0, 0, "List networks"),
    Row("network:prune", NESTED, ("network prune",), (), "[OPTIONS]", 0, 0, "Remove networks that are not used"),
    Row("network:rm", NESTED, ("network rm",), ("remove",), "NETWORK [NETWORK...]", 1, MANY, "Remove networks"),
    Row(
        "inspect:image", NESTED, ("image inspect",), (), "[OPTIONS] IMAGE [IMAGE...]", 1, MANY,
        "Show everything known about images",
    ),
)
# fmt: on

# paths, other last words in brackets; arity; arguments; help line. Why each is refused is in commands/refused.py.
REFUSED_ROWS = """\
image build, builder build, build ; 1 ; [OPTIONS] PATH | URL | - ; Make an image from a Dockerfile
container commit, commit ; 1-2 ; [OPTIONS] CONTAINER [REPOSITORY[:TAG]] ; Make an image from a changed container
system events, events ; 0 ; [OPTIONS] ; Follow what happens to containers
image history, history ; 1 ; [OPTIONS] IMAGE ; Show how an image was made
image import, import ; 1+ ; [OPTIONS] file|URL|- [REPOSITORY[:TAG]] ; Make an image from a tar archive
login ; 0-1 ; [OPTIONS] [SERVER] ; Log in to a registry
logout ; 0-1 ; [SERVER] ; Log out from a registry
container pause, pause ; 1+ ; CONTAINER [CONTAINER...] ; Freeze the processes of containers
image pull, pull ; 1 ; [OPTIONS] NAME[:TAG|@DIGEST] ; Download an image
image push, push ; 1 ; [OPTIONS] NAME[:TAG] ; Upload an image
image save, save ; 1+ ; [OPTIONS] IMAGE [IMAGE...] ; Write images to a tar archive
search ; 1 ; [OPTIONS] TERM ; Search a registry for images
image tag, tag ; 2 ; SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG] ; Give an image another name
container unpause, unpause ; 1+ ; CONTAINER [CONTAINER...] ; Let frozen containers go on
builder prune ; 0 ;  ; Empty the build cache
checkpoint create ; 2 ; [OPTIONS] CONTAINER CHECKPOINT ; Create a checkpoint
checkpoint ls (list) ; 1 ; [OPTIONS] CONTAINER ; List checkpoints
checkpoint rm (remove) ; 2 ; [OPTIONS] CONTAINER CHECKPOINT ; Remove a checkpoint
config create ; 2 ; [OPTIONS] CONFIG file|- ; Create a config
config inspect ; 1+ ; [OPTIONS] CONFIG [CONFIG...] ; Show the details of a config
config ls (list) ; 0 ; [OPTIONS] ; List configs
config rm (remove) ; 1+ ; CONFIG [CONFIG...] ; Remove a config
container prune ; 0 ; [OPTIONS] ; Remove all stopped containers
context export ; 1-2 ; [OPTIONS] CONTEXT [FILE|-] ; Export a context
context import ; 2 ; CONTEXT FILE|- ; Import a context
context update ; 1 ; [OPTIONS] CONTEXT ; Change a context
image prune ; 0 ; [OPTIONS] ; Remove images that are not used
manifest annotate ; 2 ; [OPTIONS] MANIFEST_LIST MANIFEST ; Annotate a manifest list
manifest create ; 2+ ; MANIFEST_LIST MANIFEST [MANIFEST...] ; Create a manifest list
manifest inspect ; 1-2 ; [OPTIONS] [MANIFEST_LIST] MANIFEST ; Show the details of a manifest list
manifest push ; 1 ; [OPTIONS] MANIFEST_LIST ; Upload a manifest list
manifest rm ; 1+ ; MANIFEST_LIST [MANIFEST_LIST...] ; Remove a manifest list
network connect ; 2 ; [OPTIONS] NETWORK CONTAINER ; Connect a container to a network
network disconnect ; 2 ; [OPTIONS] NETWORK CONTAINER ; Disconnect a container from a network
node demote ; 1+ ; NODE [NODE...] ; Demote a swarm node
node inspect ; 1+ ; [OPTIONS] self|NODE [NODE...] ; Show the details of a swarm node
node ls (list) ; 0 ; [OPTIONS] ; List swarm nodes
node promote ; 1+ ; NODE [NODE...] ; Promote a swarm node
node ps ; 0+ ; [OPTIONS] [NODE...] ; List the tasks of a swarm node
node rm (remove) ; 1+ ; [OPTIONS] NODE [NODE...] ; Remove a swarm node
node update ; 1 ; [OPTIONS] NODE ; Change a swarm node
plugin create ; 2+ ; [OPTIONS] PLUGIN PLUGIN-DATA-DIR ; Create a plugin
plugin disable ; 1 ; [OPTIONS] PLUGIN ; Disable a plugin
plugin enable ; 1 ; [OPTIONS] PLUGIN ; Enable a plugin
plugin inspect ; 1+ ; [OPTIONS] PLUGIN [PLUGIN...] ; Show the details of a plugin
plugin install ; 1+ ; [OPTIONS] PLUGIN [KEY=VALUE...] ; Install a plugin
plugin ls (list) ; 0 ; [OPTIONS] ; List plugins
plugin push ; 1 ; [OPTIONS] PLUGIN[:TAG] ; Upload a plugin
plugin rm (remove) ; 1+ ; [OPTIONS] PLUGIN [PLUGIN...] ; Remove a plugin
plugin set ; 2+ ; PLUGIN KEY=VALUE [KEY=VALUE...] ; Change the settings of a plugin
plugin upgrade ; 1-2 ; [OPTIONS] PLUGIN [REMOTE] ; Upgrade a plugin
secret create ; 1-2 ; [OPTIONS] SECRET [file|-] ; Create a secret
secret inspect ; 1+ ; [OPTIONS] SECRET [SECRET...] ; Show the details of a secret
secret ls (list) ; 0 ; [OPTIONS] ; List secrets
secret rm (remove) ; 1+ ; SECRET [SECRET...] ; Remove a secret
service create ; 1+ ; [OPTIONS] IMAGE [COMMAND] [ARG...] ; Create a service
service inspect ; 1+ ; [OPTIONS] SERVICE [SERVICE...] ; Show the details of a service
service logs ; 1 ; [OPTIONS] SERVICE|TASK ; Show the logs of a service
service ls (list) ; 0 ; [OPTIONS] ; List services
service ps ; 1+ ; [OPTIONS] SERVICE [SERVICE...] ; List the tasks of a service
service rm (remove) ; 1+ ; SERVICE [SERVICE...] ; Remove a service
service rollback ; 1 ; [OPTIONS] SERVICE ; Roll back a service
service scale ; 1+ ; SERVICE=REPLICAS [SERVICE=REPLICAS...] ; Scale a service
service update ; 1 ; [OPTIONS] SERVICE ; Change a service
stack config ; 0 ; [OPTIONS] ; Print the final configuration of a stack
stack deploy (up) ; 1 ; [OPTIONS] STACK ; Deploy a stack
stack ls (list) ; 0 ; [OPTIONS] ; List stacks
stack ps ; 1 ; [OPTIONS] STACK ; List the tasks of a stack
stack rm (down, remove) ; 1+ ; [OPTIONS] STACK [STACK...] ; Remove a stack
stack services ; 1 ; [OPTIONS] STACK ; List the services of a stack
swarm ca ; 0 ; [OPTIONS] ; Show the root certificate of the swarm
swarm init ; 0 ; [OPTIONS] ; Start the swarm
swarm join ; 1 ; [OPTIONS] HOST:PORT ; Join the swarm
swarm join-token ; 1 ; [OPTIONS] (worker|manager) ; Print the token for joining the swarm
swarm leave ; 0 ; [OPTIONS] ; Leave the swarm
swarm unlock ; 0 ;  ; Unlock the swarm
swarm unlock-key ; 0 ; [OPTIONS] ; Print the unlock key of the swarm
swarm update ; 0 ; [OPTIONS] ; Change the swarm
system df ; 0 ; [OPTIONS] ; Show the disk usage of the system
system prune ; 0 ; [OPTIONS] ; Remove everything that is not used
trust inspect ; 1+ ; IMAGE[:TAG] [IMAGE[:TAG]...] ; Show the signatures of an image
trust key generate ; 1 ; NAME ; Generate a signing key
trust key load ; 1 ; [OPTIONS] KEYFILE ; Load a signing key
trust revoke ; 1 ; [OPTIONS] IMAGE[:TAG] ; Revoke the signatures of an image
trust sign ; 1 ; IMAGE:TAG ; Sign an image
trust signer add ; 2+ ; OPTIONS NAME REPOSITORY [REPOSITORY...] ; Add a signer
trust signer remove ; 2+ ; [OPTIONS] NAME REPOSITORY [REPOSITORY...] ; Remove a signer
volume update ; 1 ; [OPTIONS] [VOLUME] ; Change a volume
"""

# nouns that only hold verbs
NOUNS = {
    "builder": "Manage builds",
    "checkpoint": "Manage checkpoints",
    "config": "Manage swarm configs",
    "container": "Manage containers",
    "context": "Manage contexts",
    "emulator": "Manage the embedded Azure",
    "image": "Manage images",
    "manifest": "Manage manifest lists",
    "network": "Manage networks",
    "node": "Manage swarm nodes",
    "plugin": "Manage plugins",
    "secret": "Manage secrets",
    "service": "Manage swarm services",
    "slot": "Manage deployment slots of functions",
    "stack": "Manage swarm stacks",
    "swarm": "Manage the swarm",
    "system": "Manage the whole",
    "trigger": "Manage what triggers functions",
    "trust": "Manage image signatures",
    "trust key": "Manage signing keys",
    "trust signer": "Manage signers",
    "volume": "Manage volumes",
}

# docker's global flags: shorthand, name, kind, help; those about a daemon are parsed, then refused
GLOBAL_FLAGS = (
    ("", "config", "string", "Refused: azdock's folder is set by AZDOCK_HOME"),
    ("c", "context", "string", "Context to use (overrides AZDOCK_CONTEXT and the current context)"),
    ("D", "debug", "bool", "Show request ids and the wire log with errors"),
    ("H", "host", "list", "Refused: Azure is the engine, choose it with a context"),
    ("l", "log-level", "string", "Accepted, but azdock reports nothing but errors"),
    ("", "tls", "bool", "Refused like --host"),
    ("", "tlscacert", "string", "Refused like --host"),
    ("", "tlscert", "string", "Refused like --host"),
    ("", "tlskey", "string", "Refused like --host"),
    ("", "tlsverify", "bool", "Refused like --host"),
    ("v", "version", "bool", "Print the version and quit"),
)


def refused() -> list[Row]:
    """The verbs that azdock refuses, read from their table."""
    return [_read(line) for line in REFUSED_ROWS.splitlines()]


def every() -> list[Row]:
    """Every verb azdock knows."""
    return [*ROWS, *refused()]


def find(words: str) -> tuple[Row, str] | None:
    """The row of a verb such as "container list", and its canonical path ("container ls")."""
    for rows in (ROWS, refused):
        for row in rows if isinstance(rows, tuple) else rows():
            if words in row.paths:
                return row, words
            if row.also and words in row.spellings():
                return row, row.paths[0]
    return None


def members(noun: str) -> list[tuple[str, str]]:
    """(last word, help line) of everything directly under a noun, in alphabetical order; "" is the root."""
    prefix = f"{noun} " if noun else ""
    found = {}
    for row in every():
        for path in row.paths:
            if path.startswith(prefix) and " " not in path[len(prefix) :]:
                found[path[len(prefix) :]] = row.help
    for other, text in NOUNS.items():
        if other.startswith(prefix) and " " not in other[len(prefix) :]:
            found[other[len(prefix) :]] = text
    return sorted(found.items())


def _read(line: str) -> Row:
    names, arity, usage, text = line.split(" ; ")
    paths, _, also = names.partition(" (")
    least, _, most = arity.partition("-")
    top = MANY if arity.endswith("+") else int(most or least)
    section = NESTED if " " in paths.rpartition(", ")[2] else PLAIN
    others = tuple(also.rstrip(")").split(", ")) if also else ()
    return Row(REFUSED, section, tuple(paths.split(", ")), others, usage, int(least.rstrip("+")), top, text, 125)
