# The binary protocol: what looks up, stores, deletes and counts. Source: mcrsd.md 4.

== what is stored comes back with its flags and its id
> bin set flags=5 exptime=0 key=a value=hello
< bin set cas={n=id}
> bin get key=a
< bin get flags=5 value=hello cas={id}
> bin getk key=a
< bin getk flags=5 key=a value=hello cas={id}
> bin getq key=a
< bin getq flags=5 value=hello cas={id}
> bin getkq key=a
< bin getkq flags=5 key=a value=hello cas={id}

== misses are told in words or by the key, and quiet ones not at all
> bin get key=a
< bin get status=not_found
> bin getk key=a
< bin getk status=0x01 key=a
> bin getq key=a
> bin getkq key=a
> bin gatq exptime=0 key=a
> bin gatkq exptime=0 key=a
> bin gat exptime=0 key=a
< bin gat status=not_found
> bin gatk exptime=0 key=a
< bin gatk status=0x01 key=a
> bin touch exptime=0 key=a
< bin touch status=not_found

== values may be empty and keys hold any bytes
> bin set flags=0 exptime=0 key=\0\r\n\xff value=
< bin set cas={n=id}
> bin getk key=\0\r\n\xff
< bin getk flags=0 key=\0\r\n\xff value= cas={id}
> bin set flags=0 exptime=0 key={k*250} value=x
< bin set cas={n}
> bin get key={k*250}
< bin get flags=0 value=x cas={n}

== what text stored is there for binary, and the other way round
> bin set flags=7 exptime=0 key=a value=x
< bin set cas={n=id}
conn b
> gets a b
< VALUE a 7 1 {id}
< x
< END
> set b 9 0 2
> yy
< STORED
conn a
> bin get key=b
< bin get flags=9 value=yy cas={n}

== add wants no item, replace one
> bin replace flags=0 exptime=0 key=a value=1
< bin replace status=not_found
> bin replaceq flags=0 exptime=0 key=a value=1
< bin replaceq status=not_found
> bin add flags=0 exptime=0 key=a value=1
< bin add cas={n}
> bin add flags=0 exptime=0 key=a value=2
< bin add status=exists
> bin addq flags=0 exptime=0 key=a value=2
< bin addq status=exists
> bin replace flags=3 exptime=0 key=a value=3
< bin replace cas={n=id}
> bin get key=a
< bin get flags=3 value=3 cas={id}

== append and prepend keep the flags
> bin append key=a value=x
< bin append status=not_stored
> bin prepend key=a value=x
< bin prepend status=not_stored
> bin appendq key=a value=x
< bin appendq status=not_stored
> bin set flags=4 exptime=0 key=a value=bc
< bin set cas={n}
> bin append key=a value=d
< bin append cas={n}
> bin prepend key=a value=a
< bin prepend cas={n}
> bin appendq key=a value=e
> bin prependq key=a value=_
> bin get key=a
< bin get flags=4 value=_abcde cas={n}

== quiet successes are silent
> bin setq flags=0 exptime=0 key=a value=1
> bin addq flags=0 exptime=0 key=b value=1
> bin replaceq flags=0 exptime=0 key=a value=5
> bin incrq delta=2 initial=0 exptime=0 key=a
> bin decrq delta=1 initial=0 exptime=0 key=a
> bin deleteq key=b
> bin noop
< bin noop
> bin get key=a
< bin get flags=0 value=6 cas={n}
> bin get key=b
< bin get status=not_found
> bin flushq
> bin get key=a
< bin get status=not_found

== an id makes a compare-and-store of set, add and replace
> bin set flags=0 exptime=0 key=a value=1 cas=99
< bin set status=not_found
> bin add flags=0 exptime=0 key=a value=1 cas=99
< bin add status=not_found
> bin replace flags=0 exptime=0 key=a value=1 cas=99
< bin replace status=not_found
> bin set flags=0 exptime=0 key=a value=1
< bin set cas={n=id}
> bin set flags=0 exptime=0 key=a value=2 cas=9999999
< bin set status=exists
> bin add flags=0 exptime=0 key=a value=2 cas=9999999
< bin add status=exists
> bin setq flags=0 exptime=0 key=a value=2 cas=9999999
< bin setq status=exists
> bin set flags=0 exptime=0 key=a value=2 cas={id}
< bin set cas={n=id}
> bin add flags=0 exptime=0 key=a value=3 cas={id}
< bin add cas={n=id}
> bin get key=a
< bin get flags=0 value=3 cas={id}

== delete, append, prepend and counting compare too
> bin set flags=0 exptime=0 key=a value=1
< bin set cas={n=id}
> bin delete key=a cas=9999999
< bin delete status=exists
> bin deleteq key=a cas=9999999
< bin deleteq status=exists
> bin append key=a value=x cas=9999999
< bin append status=exists
> bin prepend key=a value=x cas=9999999
< bin prepend status=exists
> bin append key=missing value=x cas=9999999
< bin append status=not_stored
> bin incr delta=1 initial=0 exptime=0 key=a cas=9999999
< bin incr status=exists
> bin decrq delta=1 initial=0 exptime=0 key=a cas=9999999
< bin decrq status=exists
> bin append key=a value=0 cas={id}
< bin append cas={n=id}
> bin incr delta=1 initial=0 exptime=0 key=a cas={id}
< bin incr number=11 cas={n=id}
> bin delete key=a cas={id}
< bin delete
> bin delete key=a cas={id}
< bin delete status=not_found
> bin deleteq key=a
< bin deleteq status=not_found

== counting begins with the initial value
> bin incr delta=5 initial=10 exptime=0 key=n
< bin incr number=10 cas={n}
> bin incr delta=5 initial=10 exptime=0 key=n
< bin incr number=15 cas={n}
> bin decr delta=6 initial=10 exptime=0 key=n
< bin decr number=9 cas={n=id}
> bin get key=n
< bin get flags=0 value=9\s cas={id}
> bin decr delta=100 initial=0 exptime=0 key=n
< bin decr number=0 cas={n}
> bin decr delta=1 initial=7 exptime=0 key=m cas=5
< bin decr number=7 cas={n}
> bin incrq delta=1 initial=3 exptime=0 key=q
> bin get key=q
< bin get flags=0 value=3 cas={n}

== or not at all, if the exptime says so
> bin incr delta=1 initial=10 exptime=0xffffffff key=n
< bin incr status=not_found
> bin decr delta=1 initial=10 exptime=0xffffffff key=n
< bin decr status=not_found
> bin incrq delta=1 initial=10 exptime=0xffffffff key=n
< bin incrq status=not_found
> bin get key=n
< bin get status=not_found

== counting wraps above and stops below
> bin set flags=0 exptime=0 key=n value=18446744073709551615
< bin set cas={n}
> bin incr delta=2 initial=0 exptime=0 key=n
< bin incr number=1 cas={n}
> bin get key=n
< bin get flags=0 value=1{\s*19} cas={n}

== only numbers count
> bin set flags=0 exptime=0 key=n value=abc
< bin set cas={n}
> bin incr delta=1 initial=0 exptime=0 key=n
< bin incr status=non_numeric
> bin decrq delta=1 initial=0 exptime=0 key=n
< bin decrq status=non_numeric

== touching answers the flags, and a new time counts from then on
> bin set flags=6 exptime=0 key=a value=x
< bin set cas={n=id}
> bin touch exptime=100 key=a
< bin touch flags=6 cas={id}
> bin gat exptime=100 key=a
< bin gat flags=6 value=x cas={id}
> bin gatk exptime=100 key=a
< bin gatk flags=6 key=a value=x cas={id}
> bin gatq exptime=100 key=a
< bin gatq flags=6 value=x cas={id}
> bin gatkq exptime=3000000 key=a
< bin gatkq flags=6 key=a value=x cas={id}
> bin get key=a
< bin get status=not_found

== times have no sign
> bin set flags=0 exptime=0xffffffff key=a value=x
< bin set cas={n}
> bin get key=a
< bin get flags=0 value=x cas={n}
> bin set flags=0 exptime=2592001 key=a value=x
< bin set cas={n}
> bin get key=a
< bin get status=not_found

== what is too large is swallowed, and a set takes the old value with it
> bin set flags=0 exptime=0 key=a value=old
< bin set cas={n}
> bin add flags=0 exptime=0 key=b value=old
< bin add cas={n}
> bin replace flags=0 exptime=0 key=b value={x*1048576}
< bin replace status=too_large
> bin appendq key=b value={x*1048576}
< bin appendq status=too_large
> bin get key=b
< bin get flags=0 value=old cas={n}
> bin setq flags=0 exptime=0 key=a value={x*1048576}
< bin setq status=too_large
> bin get key=a
< bin get status=not_found

== an append that would become too large is not stored
> bin set flags=0 exptime=0 key=a value={x*1000}
< bin set cas={n}
> bin append key=a value={x*1048000}
< bin append status=not_stored

== large values come back whole
> bin set flags=1 exptime=0 key=a value={0123456789abcdef*60000}
< bin set cas={n=id}
> bin get key=a
< bin get flags=1 value={0123456789abcdef*60000} cas={id}
