# The binary protocol with flush_all and dumping switched off. Source: mcrsd.md 4.
args: -F -X
keeps items

== flush is refused
> bin set flags=0 exptime=0 key=a value=1
< bin set cas={n}
> bin flush
< bin flush status=auth_error
> bin flushq
< bin flushq status=auth_error
> bin get key=a
< bin get flags=0 value=1 cas={n}

== detail is unknown
> bin stat key=detail\sdump
@ours < bin stat status=not_found
@stock < bin stat key=detailed value={*}
@stock < bin stat
! 1.6.18 has -X for other dumps only
