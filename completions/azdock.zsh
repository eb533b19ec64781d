#compdef azdock
# generated from azdock's catalogue by: python -m azdock.cli.generate
typeset -gA _azdock_words=(
    'azdock' 'attach completion container context cp create diff emulator exec explain export image images info inspect kill load logs network port port-forward ps rename restart rm rmi run slot start stats stop system top trigger update version volume wait help'
    'container' 'attach cp create diff exec export inspect kill logs ls port rename restart rm run start stats stop top update wait'
    'context' 'create inspect ls rm show use'
    'emulator' 'logs reset set start status stop token'
    'image' 'inspect load ls rm'
    'network' 'create inspect ls prune rm'
    'slot' 'ls rm swap'
    'system' 'info'
    'trigger' 'add ls rm'
    'volume' 'create inspect ls prune rm'
)
typeset -gA _azdock_flags=(
    'azdock' '--config --context -c --debug -D --host -H --log-level -l --tls --tlscacert --tlscert --tlskey --tlsverify --version -v'
    'container attach' '--detach-keys --no-stdin --sig-proxy'
    'attach' '--detach-keys --no-stdin --sig-proxy'
    'completion' ''
    'container cp' '--archive --follow-link --quiet -a -L -q'
    'cp' '--archive --follow-link --quiet -a -L -q'
    'container create' '--add-host --annotation --attach --backend --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --disable-content-trust --dns --dns-option --dns-search --domainname --entrypoint --env --env-file --expose --gpus --group-add --health-cmd --health-interval --health-retries --health-start-interval --health-start-period --health-timeout --health-via --help --hostname --init --interactive --ip --ip6 --ipc --isolation --kernel-memory --label --label-file --link --link-local-ip --liveness-probe --log-driver --log-opt --mac-address --memory --memory-reservation --memory-swap --memory-swappiness --method --mount --name --network --network-alias --no-healthcheck --oom-kill-disable --oom-score-adj --pid --pids-limit --plan --platform --privileged --publish --publish-all --pull --quiet --read-only --readiness-probe --restart --rm --route --runtime --scale --security-opt --shim --shm-size --startup-probe --stop-signal --stop-timeout --storage-opt --sysctl --timeout --tmpfs --tty --ulimit --use-api-socket --user --userns --uts --volume --volume-driver --volumes-from --workdir --workload-profile --yes -a -c -e -h -i -l -m -p -P -q -t -u -v -w'
    'create' '--add-host --annotation --attach --backend --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --disable-content-trust --dns --dns-option --dns-search --domainname --entrypoint --env --env-file --expose --gpus --group-add --health-cmd --health-interval --health-retries --health-start-interval --health-start-period --health-timeout --health-via --help --hostname --init --interactive --ip --ip6 --ipc --isolation --kernel-memory --label --label-file --link --link-local-ip --liveness-probe --log-driver --log-opt --mac-address --memory --memory-reservation --memory-swap --memory-swappiness --method --mount --name --network --network-alias --no-healthcheck --oom-kill-disable --oom-score-adj --pid --pids-limit --plan --platform --privileged --publish --publish-all --pull --quiet --read-only --readiness-probe --restart --rm --route --runtime --scale --security-opt --shim --shm-size --startup-probe --stop-signal --stop-timeout --storage-opt --sysctl --timeout --tmpfs --tty --ulimit --use-api-socket --user --userns --uts --volume --volume-driver --volumes-from --workdir --workload-profile --yes -a -c -e -h -i -l -m -p -P -q -t -u -v -w'
    'container diff' ''
    'diff' ''
    'container exec' '--detach --detach-keys --env --env-file --interactive --privileged --replica --tty --user --workdir -d -e -i -t -u -w'
    'exec' '--detach --detach-keys --env --env-file --interactive --privileged --replica --tty --user --workdir -d -e -i -t -u -w'
    'container export' '--output -o'
    'export' '--output -o'
    'explain' '--format'
    'image ls' '--all --digests --filter --format --no-trunc --quiet --tree -a -f -q'
    'image list' '--all --digests --filter --format --no-trunc --quiet --tree -a -f -q'
    'images' '--all --digests --filter --format --no-trunc --quiet --tree -a -f -q'
    'system info' '--format -f'
    'info' '--format -f'
    'inspect' '--azure --format --size --type -f -s'
    'container kill' '--signal -s'
    'kill' '--signal -s'
    'image load' '--input --platform --quiet -i -q'
    'load' '--input --platform --quiet -i -q'
    'container logs' '--details --follow --format --replica --since --tail --timestamps --until -f -n -t'
    'logs' '--details --follow --format --replica --since --tail --timestamps --until -f -n -t'
    'container ls' '--all --filter --format --last --latest --no-trunc --quiet --size -a -f -n -l -q -s'
    'container list' '--all --filter --format --last --latest --no-trunc --quiet --size -a -f -n -l -q -s'
    'container ps' '--all --filter --format --last --latest --no-trunc --quiet --size -a -f -n -l -q -s'
    'ps' '--all --filter --format --last --latest --no-trunc --quiet --size -a -f -n -l -q -s'
    'container rename' ''
    'rename' ''
    'container restart' '--signal --timeout -s -t'
    'restart' '--signal --timeout -s -t'
    'container rm' '--force --link --volumes -f -l -v'
    'container remove' '--force --link --volumes -f -l -v'
    'rm' '--force --link --volumes -f -l -v'
    'image rm' '--force --no-prune --platform -f'
    'image remove' '--force --no-prune --platform -f'
    'rmi' '--force --no-prune --platform -f'
    'container run' '--add-host --annotation --attach --backend --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --data --detach --detach-keys --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --disable-content-trust --dns --dns-option --dns-search --domainname --entrypoint --env --env-file --expose --gpus --group-add --header --health-cmd --health-interval --health-retries --health-start-interval --health-start-period --health-timeout --health-via --help --hostname --init --interactive --ip --ip6 --ipc --isolation --kernel-memory --label --label-file --link --link-local-ip --liveness-probe --log-driver --log-opt --mac-address --memory --memory-reservation --memory-swap --memory-swappiness --method --mount --name --network --network-alias --no-healthcheck --oom-kill-disable --oom-score-adj --pid --pids-limit --plan --platform --privileged --publish --publish-all --pull --quiet --read-only --readiness-probe --restart --rm --route --runtime --scale --security-opt --shim --shm-size --sig-proxy --startup-probe --stop-signal --stop-timeout --storage-opt --sync-back --sysctl --timeout --tmpfs --tty --ulimit --use-api-socket --user --userns --uts --volume --volume-driver --volumes-from --wait --workdir --workload-profile --yes -a -c -d -e -h -i -l -m -p -P -q -t -u -v -w'
    'run' '--add-host --annotation --attach --backend --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --data --detach --detach-keys --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --disable-content-trust --dns --dns-option --dns-search --domainname --entrypoint --env --env-file --expose --gpus --group-add --header --health-cmd --health-interval --health-retries --health-start-interval --health-start-period --health-timeout --health-via --help --hostname --init --interactive --ip --ip6 --ipc --isolation --kernel-memory --label --label-file --link --link-local-ip --liveness-probe --log-driver --log-opt --mac-address --memory --memory-reservation --memory-swap --memory-swappiness --method --mount --name --network --network-alias --no-healthcheck --oom-kill-disable --oom-score-adj --pid --pids-limit --plan --platform --privileged --publish --publish-all --pull --quiet --read-only --readiness-probe --restart --rm --route --runtime --scale --security-opt --shim --shm-size --sig-proxy --startup-probe --stop-signal --stop-timeout --storage-opt --sync-back --sysctl --timeout --tmpfs --tty --ulimit --use-api-socket --user --userns --uts --volume --volume-driver --volumes-from --wait --workdir --workload-profile --yes -a -c -d -e -h -i -l -m -p -P -q -t -u -v -w'
    'container start' '--attach --checkpoint --checkpoint-dir --data --detach-keys --env --header --interactive --method --route --slot -a -e -i'
    'start' '--attach --checkpoint --checkpoint-dir --data --detach-keys --env --header --interactive --method --route --slot -a -e -i'
    'container stop' '--signal --timeout -s -t'
    'stop' '--signal --timeout -s -t'
    'container stats' '--all --format --no-stream --no-trunc --replica -a'
    'stats' '--all --format --no-stream --no-trunc --replica -a'
    'container top' '--replica'
    'top' '--replica'
    'container update' '--blkio-weight --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --env --image --memory --memory-reservation --memory-swap --pids-limit --restart --scale --slot -c -e -m'
    'update' '--blkio-weight --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --env --image --memory --memory-reservation --memory-swap --pids-limit --restart --scale --slot -c -e -m'
    'version' '--format -f'
    'container wait' ''
    'wait' ''
    'container port' ''
    'port' ''
    'port-forward' '--address'
    'container inspect' '--azure --format --size -f -s'
    'context create' '--arm-endpoint --backend --description --docker --environment --environment-group --from --location --log-endpoint --plan --resource-group --shim --subscription --tenant'
    'context inspect' '--format -f'
    'context ls' '--format --quiet -q'
    'context list' '--format --quiet -q'
    'context rm' '--force -f'
    'context remove' '--force -f'
    'context show' ''
    'context use' ''
    'emulator logs' '--follow -f'
    'emulator reset' ''
    'emulator set' '--format'
    'emulator start' '--fast --foreground --nasty --port --realistic --runtime --tls'
    'emulator status' '--format'
    'emulator stop' ''
    'emulator token' ''
    'slot ls' '--format --quiet -q'
    'slot list' '--format --quiet -q'
    'slot rm' ''
    'slot remove' ''
    'slot swap' ''
    'trigger add' '--connection --eventgrid --queue --servicebus --timer'
    'trigger ls' '--format --quiet -q'
    'trigger list' '--format --quiet -q'
    'trigger rm' ''
    'trigger remove' ''
    'volume create' '--availability --driver --group --label --limit-bytes --opt --required-bytes --scope --secret --sharing --topology-preferred --topology-required --type -d -o'
    'volume inspect' '--format -f'
    'volume ls' '--cluster --filter --format --quiet -f -q'
    'volume list' '--cluster --filter --format --quiet -f -q'
    'volume prune' '--all --filter --force -a -f'
    'volume rm' '--force -f'
    'volume remove' '--force -f'
    'network create' '--attachable --aux-address --config-from --config-only --driver --gateway --ingress --internal --ip-range --ipam-driver --ipam-opt --ipv4 --ipv6 --label --opt --scope --subnet -d -o'
    'network inspect' '--format --verbose -f -v'
    'network ls' '--filter --format --no-trunc --quiet -f -q'
    'network list' '--filter --format --no-trunc --quiet -f -q'
    'network prune' '--filter --force -f'
    'network rm' '--force -f'
    'network remove' '--force -f'
    'image inspect' '--format --platform -f'
)
_azdock_containers='container+attach attach container+diff diff container+exec exec container+export export explain inspect container+kill kill container+logs logs container+rename rename container+restart restart container+rm container+remove rm container+start start container+stop stop container+top top container+update update container+wait wait container+port port port-forward container+inspect slot+ls slot+list slot+rm slot+remove slot+swap trigger+add trigger+ls trigger+list trigger+rm trigger+remove'

_azdock() {
    local current=${words[CURRENT]} at="" word next i
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
        [[ $word == -* ]] && continue
        next="${at:+$at }$word"
        (( ${+_azdock_words[$next]} || ${+_azdock_flags[$next]} )) || break
        at=$next
    done
    if [[ $current == -* ]]; then
        compadd -- ${=_azdock_flags[${at:-azdock}]} --help
    elif [[ -z $at ]] || (( ${+_azdock_words[$at]} )); then
        compadd -- ${=_azdock_words[${at:-azdock}]}
    elif [[ " $_azdock_containers " == *" ${at// /+} "* ]]; then
        compadd -- ${(f)"$(azdock completion names 2>/dev/null)"}
    else
        _files
    fi
}
compdef _azdock azdock
