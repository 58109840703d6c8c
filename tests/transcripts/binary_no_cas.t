# The binary protocol without CAS ids. Source: mcrsd.md 4.
args: -C
# Without ids memcached's flush_all takes what is stored within its second.
keeps items

== ids are 0
> bin set flags=0 exptime=0 key=a value=1
< bin set
> bin get key=a
< bin get flags=0 value=1
> bin incr delta=1 initial=0 exptime=0 key=a
< bin incr number=2
> bin touch exptime=0 key=a
< bin touch flags=0

== so stores compare with nothing, and others never match
> bin set flags=0 exptime=0 key=b value=1
< bin set
> bin set flags=0 exptime=0 key=b value=2 cas=1
< bin set
> bin add flags=0 exptime=0 key=b value=2 cas=1
< bin add status=exists
> bin replace flags=0 exptime=0 key=b value=3 cas=1
< bin replace
> bin append key=b value=4 cas=1
< bin append
> bin get key=b
< bin get flags=0 value=34
> bin delete key=b cas=1
< bin delete status=exists
> bin incr delta=1 initial=0 exptime=0 key=b cas=1
< bin incr status=exists
