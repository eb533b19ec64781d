#!/bin/sh
# An HTTP server with the routes that an Azure Functions host answers, in busybox's sh: host.sh [-- PROGRAM ARG...]
# It is NOT the Functions host. What it knows is told in host.py beside it, and both pass the same tests; here
# - every connection carries one request, and a program's stdout and stderr are printed on stdout, as one;
# - seconds of long and orchestrate are whole ones.
# nc starts `host.sh request` for every connection, many at once.

NL='
'
CR=$(printf '\r')
REASON='This function was programmatically called via the host APIs.'
INSTANCES=/runtime/webhooks/durabletask/instances/
: "${FUNCTIONS:=function}"

say() { # a line of the host's own; descriptor 3 is the host's stdout
    [ "$QUIET" = 1 ] || echo "$1" >&3
}

# ---- texts
decoded() { # what a form-urlencoded text means
    printf '%b' "$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/+/ /g; s/%\([0-9A-Fa-f][0-9A-Fa-f]\)/\\x\1/g')"
}

value() { # of NAME in a form-urlencoded text; or a default
    local pair IFS='&'
    set -f
    for pair in $2; do
        if [ "${pair%%=*}" = "$1" ]; then
            decoded "${pair#*=}"
            return
        fi
    done
    printf '%s' "$3"
}

quoted() { # stdin as the inside of a JSON text
    sed 's/\\/\\\\/g; s/"/\\"/g; s/\t/\\t/g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }'
}

contains() { # FUNCTIONS has a name
    case ",$FUNCTIONS," in *",$1,"*) return 0 ;; esac
    return 1
}

disabled() { # by an app setting; a shell has no variables with dots
    local found
    found=$(env | sed -n "s/^AzureWebJobs\(\.\|__\)$1\(\.\|__\)Disabled=//p" | tr A-Z a-z)
    [ "$found" = 1 ] || [ "$found" = true ]
}

# ---- answers
answer() { # STATUS FILE [HEADER...]; the file's bytes are the body
    local status=$1 file=$2 header
    shift 2
    printf 'HTTP/1.1 %s Status\r\nServer: Kestrel\r\nConnection: close\r\n' "$status"
    for header; do printf '%s\r\n' "$header"; done
    printf 'Content-Length: %s\r\n\r\n' "$(stat -c %s "$file")"
    [ "$METHOD" = HEAD ] || cat "$file"
}

answer_text() { # STATUS TEXT [HEADER...]
    local status=$1
    printf '%s' "$2" >"$BOX/text"
    shift 2
    answer "$status" "$BOX/text" "$@"
}

answer_json() { # STATUS TEXT [HEADER...]
    local status=$1 text=$2
    shift 2
    answer_text "$status" "$text" 'Content-Type: application/json; charset=utf-8' "$@"
}

or_text() { # the body, or a text when it is empty
    [ -s "$BOX/body" ] || printf '%s' "$1" >"$BOX/body"
}

# ---- what there is
bindings() {
    case $1 in
        tick) printf '{"name":"item","direction":"in","type":"timerTrigger","schedule":"%%TICK%%"}' ;;
        work) printf '{"name":"item","direction":"in","type":"queueTrigger","queueName":"jobs",%s}' \
            '"connection":"AzureWebJobsStorage"' ;;
        bus) printf '{"name":"item","direction":"in","type":"serviceBusTrigger","queueName":"jobs",%s}' \
            '"connection":"ServiceBus"' ;;
        event) printf '{"name":"item","direction":"in","type":"eventGridTrigger"}' ;;
        *)
            local auth=anonymous
            [ "$1" = echo ] && auth=function
            printf '{"name":"req","direction":"in","type":"httpTrigger","authLevel":"%s","methods":["get","post"]},' "$auth"
            printf '{"name":"$return","direction":"out","type":"http"}'
            ;;
    esac
}

metadata() {
    local off=false url="\"$BASE/api/$1\""
    disabled "$1" && off=true
    case $1 in tick | work | bus | event) url=null ;; esac
    printf '{"name":"%s","script_root_path_href":"%s/admin/vfs/home/site/wwwroot/%s/","script_href":null,' "$1" "$BASE" "$1"
    printf '"config_href":"%s/admin/vfs/home/site/wwwroot/%s/function.json","test_data_href":null,' "$BASE" "$1"
    printf '"href":"%s/admin/functions/%s","invoke_url_template":%s,"language":"custom",' "$BASE" "$1" "$url"
    printf '"config":{"name":"%s","bindings":[%s]},"files":null,"test_data":null,' "$1" "$(bindings "$1")"
    printf '"isDisabled":%s,"isDirect":false,"isProxy":false}' "$off"
}

every() {
    local name between='' IFS=,
    printf '['
    for name in $FUNCTIONS; do
        printf '%s' "$between"
        metadata "$name"
        between=,
    done
    printf ']'
}

# ---- a run
executing() {
    IDENT=$(cat /proc/sys/kernel/random/uuid)
    BEGUN=$(hundredths)
    say "Executing 'Functions.$1' (Reason='$REASON', Id=$IDENT)"
}

executed() { # NAME Succeeded|Failed
    say "Executed 'Functions.$1' ($2, Id=$IDENT, Duration=$((($(hundredths) - BEGUN) * 10))ms)"
}

hundredths() { # of a second since the machine has started
    local up rest
    read -r up rest </proc/uptime
    echo "${up%.*}${up#*.}" | sed 's/^0*\(.\)/\1/'
}

run_program() { # PROGRAM...; the program's output goes to $BOX/output and is printed, its code to $BOX/code
    local pair name IFS='&'
    set -f
    for pair in $SENT; do
        name=$(decoded "${pair%%=*}")
        export "$name=$(decoded "${pair#*=}")"
    done
    unset IFS
    {
        sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$BOX/pid" "$@" <"$BOX/body" 2>&1 3>&-
        echo $? >"$BOX/code"
    } | tee "$BOX/output" >&3
    rm -f "$BOX/pid"
}

begin() { # the id of something that is over after ?seconds=, and says so by itself
    local seconds
    seconds=$(value seconds "$QUERY" 1)
    case $seconds in *.*) seconds=$((${seconds%.*} + 1)) ;; esac
    echo "$(($(date +%s) + seconds))-$(value fail "$QUERY" 0)-$(tr -d - </proc/sys/kernel/random/uuid)"
}

over() { [ "$(date +%s)" -ge "${1%%-*}" ]; }

instance() { # ID[/terminate]
    local ident=${1%%/*} state output=null input
    input=$(quoted 2>/dev/null <"$STATE/$ident.input") || input=
    if [ -z "$ident" ] || [ ! -e "$STATE/$ident.input" ]; then
        answer_text 404 ''
    elif [ "$1" = "$ident/terminate" ]; then
        : >"$STATE/$ident.terminated"
        answer_text 202 ''
    else
        state=Running
        if [ -e "$STATE/$ident.terminated" ]; then
            state=Terminated
        elif over "$ident"; then
            case $ident in *-1-*) state=Failed ;; *) state=Completed ;; esac
        fi
        local status=202
        [ $state = Running ] || { status=200; output="\"${input:-done}\""; }
        answer_json $status "{\"name\":\"orchestrate\",\"instanceId\":\"$ident\",\"runtimeStatus\":\"$state\",\"output\":$output,\"input\":\"$input\",\"customStatus\":null}"
    fi
}

function_call() { # NAME PROGRAM...
    local name=$1 ident word=Succeeded
    shift
    executing "$name"
    case $name in
        function | echo) answer 200 "$BOX/body" "Content-Type: ${TYPE:-text/plain}" ;;
        fail)
            or_text "failed$NL"
            answer "$(value status "$QUERY" 500)" "$BOX/body"
            word=Failed
            ;;
        slow)
            sleep "$(value seconds "$QUERY" 1)"
            or_text "slow$NL"
            answer 200 "$BOX/body"
            ;;
        exit) answer 200 "$BOX/body" "X-Azdock-Exit-Code: $(value code "$QUERY" 0)" ;;
        run)
            run_program "$@"
            answer 200 "$BOX/output" "X-Azdock-Exit-Code: $(cat "$BOX/code")"
            ;;
        env)
            ident=$(value name "$QUERY")
            if contains_pair "$ident"; then
                answer_text 200 "$(value "$ident" "$SENT")$NL"
            elif env | grep -q "^$ident="; then
                answer_text 200 "$(env | sed -n "s/^$ident=//p")$NL"
            else
                answer_text 404 "$NL"
            fi
            ;;
        write)
            cat "$BOX/body" >>"$(value path "$QUERY")"
            answer_text 200 ''
            ;;
        long) answer_text 202 '' "Location: /api/status/$(begin)" 'Retry-After: 1' ;;
        orchestrate)
            ident=$(begin)
            cp "$BOX/body" "$STATE/$ident.input"
            answer_json 202 "{\"id\":\"$ident\",\"statusQueryGetUri\":\"$BASE$INSTANCES$ident\",\"terminatePostUri\":\"$BASE$INSTANCES$ident/terminate\"}" \
                "Location: $BASE$INSTANCES$ident" 'Retry-After: 1'
            ;;
    esac
    executed "$name" $word
}

contains_pair() { case "&$SENT" in *"&$1="*) return 0 ;; esac; return 1; }

admin() { # the routes of the host itself
    local name=${1#functions/}
    case $1 in
        host/ping) answer_text 200 '' ;;
        host/status) answer_json 200 "{\"id\":\"$(hostname)\",\"state\":\"Running\",\"version\":\"4.0.0.0\",\"instanceId\":\"$(hostname)\",\"errors\":[],\"processUptime\":$((($(hundredths) - HOST_BEGUN) * 10))}" ;;
        functions)
            every >"$BOX/text"
            answer 200 "$BOX/text" 'Content-Type: application/json; charset=utf-8'
            ;;
        functions/*)
            if ! contains "$name"; then
                answer_text 404 ''
            elif [ "$METHOD" = POST ]; then
                invoke "$name"
            else
                answer_json 200 "$(metadata "$name")"
            fi
            ;;
        *) answer_text 404 '' ;;
    esac
}

invoke() { # accepted at once, no word about the result
    local given word=Succeeded
    if ! grep -q '"input"' "$BOX/body"; then
        answer_text 400 ''
        return
    fi
    given=$(sed -n 's/.*"input"[[:space:]]*:[[:space:]]*"\(.*\)".*/\1/p' "$BOX/body" | sed 's/\\\(.\)/\1/g')
    executing "$1"
    [ -z "$given" ] || say "$1: $given"
    case $given in fail*) word=Failed ;; esac
    executed "$1" $word
    answer_text 202 ''
}

# ---- a connection
read_body() { # LENGTH
    : >"$BOX/body"
    [ "${1:-0}" -eq 0 ] || dd bs="$1" count=1 iflag=fullblock of="$BOX/body" 2>/dev/null
}

request() { # one request on stdin, its answer on stdout
    local line target name length=0 proto=http host=localhost
    BOX=$STATE/$$
    TYPE= SENT=
    mkdir "$BOX"
    trap 'rm -rf "$BOX"' EXIT
    read -r METHOD target line || exit 0
    while read -r line && line=${line%"$CR"} && [ -n "$line" ]; do
        name=$(printf '%s' "${line%%:*}" | tr A-Z a-z)
        line=${line#*:}
        line=${line# }
        case $name in
            content-length) length=$line ;;
            content-type) TYPE=$line ;;
            host) host=${FORWARDED:-$line} ;;
            x-forwarded-host) FORWARDED=$line host=$line ;;
            x-forwarded-proto) proto=$line ;;
            x-azdock-env) SENT=$line ;;
            expect) printf 'HTTP/1.1 100 Continue\r\n\r\n' ;;
        esac
    done
    BASE=$proto://$host
    case $target in *\?*) QUERY=${target#*\?} ;; *) QUERY= ;; esac
    target=${target%%\?*}
    read_body "$length"
    name=${target#/api/}
    case $target in
        /) answer_text 200 "Your Functions-like host is up and running.$NL" ;;
        /admin/*) admin "${target#/admin/}" ;;
        /api/status/*) if over "$(basename "$target")"; then answer_text 200 "done$NL"; else answer_text 202 ''; fi ;;
        "$INSTANCES"*) instance "${target#"$INSTANCES"}" ;;
        /api/tick | /api/work | /api/bus | /api/event) answer_text 404 '' ;;
        /api/*) if contains "$name" && ! disabled "$name"; then function_call "$name" "$@"; else answer_text 404 ''; fi ;;
        *) answer_text 404 '' ;;
    esac
}

busy() { for one in "$STATE"/[0-9]*/; do [ -d "$one" ] && return 0; done; return 1; }

ended() { # accept nothing more, finish what is in flight, pass the signal on to the programs
    trap '' TERM
    say 'Application is shutting down...'
    kill "$LISTENER"
    for one in "$STATE"/[0-9]*/pid; do [ -e "$one" ] && kill "$(cat "$one")"; done
    while busy; do sleep 0.05; done
    rm -rf "$STATE"
    exit 0
}

if [ "$1" = request ]; then
    shift
    request "$@"
    exit 0
fi
[ "$1" = -- ] && shift
exec 3>&1
umask 077
STATE=$(mktemp -d)
HOST_BEGUN=$(hundredths)
export FUNCTIONS STATE HOST_BEGUN QUIET
port=${PORT:-${WEBSITES_PORT:-80}}
trap ended TERM
# each l but the first makes the queue of connections longer by one
nc -llllllllllllllllllllllllllllllll -p "$port" -e sh "$0" request "$@" &
LISTENER=$!
say "Now listening on: http://[::]:$port"
say 'Application started.'
wait $LISTENER
