"""The flags of the verbs that azdock refuses, so that a command line is still checked as docker would.

One verb a line: its path, then flags as [shorthand,]name:kind[=default]. SOURCE: docker 28.2.2, each verb's --help.
"""

from __future__ import annotations

FLAGS = """\
build | add-host:list build-arg:list cache-from:strings cgroup-parent:string compress:bool cpu-period:int
    cpu-quota:int c,cpu-shares:int cpuset-cpus:string cpuset-mems:string disable-content-trust:bool=true
    f,file:string force-rm:bool iidfile:string isolation:string label:list m,memory:bytes memory-swap:bytes
    network:string=default no-cache:bool platform:string pull:bool q,quiet:bool rm:bool=true security-opt:strings
    shm-size:bytes squash:bool t,tag:list target:string ulimit:ulimit
commit | a,author:string c,change:list m,message:string p,pause:bool=true
events | f,filter:filter format:string since:string until:string
history | format:string H,human:bool=true no-trunc:bool platform:string q,quiet:bool
import | c,change:list m,message:string platform:string
login | p,password:string password-stdin:bool u,username:string
pull | a,all-tags:bool disable-content-trust:bool=true platform:string q,quiet:bool
push | a,all-tags:bool disable-content-trust:bool=true platform:string q,quiet:bool
save | o,output:string platform:string
search | f,filter:filter format:string limit:int no-trunc:bool
builder prune | a,all:bool filter:filter f,force:bool keep-storage:bytes
checkpoint create | checkpoint-dir:string leave-running:bool
checkpoint ls | checkpoint-dir:string
checkpoint rm | checkpoint-dir:string
config create | l,label:list template-driver:string
config inspect | f,format:string pretty:bool
config ls | f,filter:filter format:string q,quiet:bool
container prune | filter:filter f,force:bool
context update | description:string docker:stringToString
image prune | a,all:bool filter:filter f,force:bool
manifest annotate | arch:string os:string os-features:strings os-version:string variant:string
manifest create | a,amend:bool insecure:bool
manifest inspect | insecure:bool v,verbose:bool
manifest push | insecure:bool p,purge:bool
network connect | alias:strings driver-opt:strings gw-priority:int ip:string ip6:string link:list
    link-local-ip:strings
network disconnect | f,force:bool
node inspect | f,format:string pretty:bool
node ls | f,filter:filter format:string q,quiet:bool
node ps | f,filter:filter format:string no-resolve:bool no-trunc:bool q,quiet:bool
node rm | f,force:bool
node update | availability:string label-add:list label-rm:list role:string
plugin create | compress:bool
plugin disable | f,force:bool
plugin enable | timeout:int=30
plugin inspect | f,format:string
plugin install | alias:string disable:bool disable-content-trust:bool=true grant-all-permissions:bool
plugin ls | f,filter:filter format:string no-trunc:bool q,quiet:bool
plugin push | disable-content-trust:bool=true
plugin rm | f,force:bool
plugin upgrade | disable-content-trust:bool=true grant-all-permissions:bool skip-remote-check:bool
secret create | d,driver:string l,label:list template-driver:string
secret inspect | f,format:string pretty:bool
secret ls | f,filter:filter format:string q,quiet:bool
service create | cap-add:list cap-drop:list config:config constraint:list container-label:list
    credential-spec:credential-spec d,detach:bool dns:list dns-option:list dns-search:list endpoint-mode:string=vip
    entrypoint:command e,env:list env-file:list generic-resource:list group:list health-cmd:string
    health-interval:duration health-retries:int health-start-interval:duration health-start-period:duration
    health-timeout:duration host:list hostname:string init:bool isolation:string l,label:list limit-cpu:decimal
    limit-memory:bytes limit-pids:int=0_=_unlimited log-driver:string log-opt:list
    max-concurrent:uint=equal_to_--replicas mode:string=replicated mount:mount name:string network:network
    no-healthcheck:bool no-resolve-image:bool oom-score-adj:int placement-pref:pref p,publish:port q,quiet:bool
    read-only:bool replicas:uint replicas-max-per-node:uint=0_=_unlimited reserve-cpu:decimal reserve-memory:bytes
    restart-condition:string=any restart-delay:duration=5s restart-max-attempts:uint restart-window:duration
    rollback-delay:duration rollback-failure-action:string=pause rollback-max-failure-ratio:float
    rollback-monitor:duration=5s rollback-order:string=stop-first rollback-parallelism:uint=1 secret:secret
    stop-grace-period:duration=10s stop-signal:string sysctl:list t,tty:bool ulimit:ulimit update-delay:duration
    update-failure-action:string=pause update-max-failure-ratio:float update-monitor:duration=5s
    update-order:string=stop-first update-parallelism:uint=1 u,user:string with-registry-auth:bool w,workdir:string
service inspect | f,format:string pretty:bool
service logs | details:bool f,follow:bool no-resolve:bool no-task-ids:bool no-trunc:bool raw:bool since:string
    n,tail:string=all t,timestamps:bool
service ls | f,filter:filter format:string q,quiet:bool
service ps | f,filter:filter format:string no-resolve:bool no-trunc:bool q,quiet:bool
service rollback | d,detach:bool q,quiet:bool
service scale | d,detach:bool
service update | args:command cap-add:list cap-drop:list config-add:config config-rm:list constraint-add:list
    constraint-rm:list container-label-add:list container-label-rm:list credential-spec:credential-spec d,detach:bool
    dns-add:list dns-option-add:list dns-option-rm:list dns-rm:list dns-search-add:list dns-search-rm:list
    endpoint-mode:string entrypoint:command env-add:list env-rm:list force:bool generic-resource-add:list
    generic-resource-rm:list group-add:list group-rm:list health-cmd:string health-interval:duration
    health-retries:int health-start-interval:duration health-start-period:duration health-timeout:duration
    host-add:list host-rm:list hostname:string image:string init:bool isolation:string label-add:list label-rm:list
    limit-cpu:decimal limit-memory:bytes limit-pids:int=0_=_unlimited log-driver:string log-opt:list
    max-concurrent:uint=equal_to_--replicas mount-add:mount mount-rm:list network-add:network network-rm:list
    no-healthcheck:bool no-resolve-image:bool oom-score-adj:int placement-pref-add:pref placement-pref-rm:pref
    publish-add:port publish-rm:port q,quiet:bool read-only:bool replicas:uint
    replicas-max-per-node:uint=0_=_unlimited reserve-cpu:decimal reserve-memory:bytes restart-condition:string
    restart-delay:duration restart-max-attempts:uint restart-window:duration rollback:bool rollback-delay:duration
    rollback-failure-action:string rollback-max-failure-ratio:float rollback-monitor:duration rollback-order:string
    rollback-parallelism:uint secret-add:secret secret-rm:list stop-grace-period:duration stop-signal:string
    sysctl-add:list sysctl-rm:list t,tty:bool ulimit-add:ulimit ulimit-rm:list update-delay:duration
    update-failure-action:string update-max-failure-ratio:float update-monitor:duration update-order:string
    update-parallelism:uint u,user:string with-registry-auth:bool w,workdir:string
stack config | c,compose-file:strings skip-interpolation:bool orchestrator:string
stack deploy | c,compose-file:strings d,detach:bool=true prune:bool q,quiet:bool resolve-image:string=always
    with-registry-auth:bool orchestrator:string
stack ls | format:string orchestrator:string
stack ps | f,filter:filter format:string no-resolve:bool no-trunc:bool q,quiet:bool orchestrator:string
stack rm | d,detach:bool=true orchestrator:string
stack services | f,filter:filter format:string q,quiet:bool orchestrator:string
swarm ca | ca-cert:pem-file ca-key:pem-file cert-expiry:duration=2160h0m0s d,detach:bool external-ca:external-ca
    q,quiet:bool rotate:bool
swarm init | advertise-addr:string autolock:bool availability:string=active cert-expiry:duration=2160h0m0s
    data-path-addr:string data-path-port:uint32 default-addr-pool:ipNetSlice default-addr-pool-mask-length:uint32=24
    dispatcher-heartbeat:duration=5s external-ca:external-ca force-new-cluster:bool
    listen-addr:node-addr=0.0.0.0:2377 max-snapshots:uint snapshot-interval:uint=10000 task-history-limit:int=5
swarm join | advertise-addr:string availability:string=active data-path-addr:string
    listen-addr:node-addr=0.0.0.0:2377 token:string
swarm join-token | q,quiet:bool rotate:bool
swarm leave | f,force:bool
swarm unlock-key | q,quiet:bool rotate:bool
swarm update | autolock:bool cert-expiry:duration=2160h0m0s dispatcher-heartbeat:duration=5s external-ca:external-ca
    max-snapshots:uint snapshot-interval:uint=10000 task-history-limit:int=5
system df | format:string v,verbose:bool
system prune | a,all:bool filter:filter f,force:bool volumes:bool
trust inspect | pretty:bool
trust key generate | dir:string
trust key load | name:string=signer
trust revoke | y,yes:bool
trust sign | local:bool
trust signer add | key:list
trust signer remove | f,force:bool
volume update | availability:string=active
"""
