# The binary protocol: commands on the server, and requests that are none. Source: mcrsd.md 4.

== the version and nothing
> bin version
< bin version value={version}
> bin noop
< bin noop
> bin noop opaque=0x01020304 reserved=7
< bin noop opaque=0x01020304

== flush drops what there is, now or later
> bin setq flags=0 exptime=0 key=a value=x
> bin flush
< bin flush
> bin get key=a
< bin get status=not_found
> bin setq flags=0 exptime=0 key=a value=x
> bin flush exptime=0
< bin flush
> bin flush exptime=1000
< bin flush
> bin flush
< bin flush
> bin get key=a
< bin get status=not_found
> bin setq flags=0 exptime=0 key=a value=x
> bin flushq exptime=1000
> bin get key=a
< bin get flags=0 value=x cas={n}
> bin flushq

== how talkative the server is may be set
@ours > bin verbosity level=0
@ours < bin verbosity
@ours > bin verbosity
@ours < bin verbosity
! memcached knows the code, has nothing behind it and closes; answering success harms nobody (mcrsd.md 10)

== quit is answered, then closed
> bin quit
< bin quit
closed

== quiet quit is closed
> bin noop
> bin quitq
> bin noop
< bin noop
closed

== statistics end with a reply without a name
> bin stat
< bin stat key=pid value={pid}
skip stats
> bin stat key=settings
< bin stat key=maxbytes value=67108864
skip stats
> bin stat key=items
skip stats
> bin stat key=slabs
skip stats
> bin stat key=sizes
< bin stat key=sizes_status value=disabled
< bin stat
> bin stat key=reset
< bin stat

== groups of the text protocol that are none here
> bin stat key=conns
< bin stat status=not_found
> bin stat key=cachedump\s1\s1
< bin stat status=not_found
> bin stat key=nonsense
< bin stat status=not_found
> bin stat key=detail
< bin stat status=not_found
> bin stat key=detail\snonsense
< bin stat status=not_found

== the items of a class
> bin setq flags=0 exptime=0 key=a value=x
> bin stat key=items
< bin stat key={*} value=1
skip stats
> bin stat key=slabs
< bin stat key={*} value={*}
skip stats

== unknown opcodes are told, and what is left of the body is swallowed
> bin 0x40
< bin 0x40 status=unknown
> bin 0xff
< bin 0xff status=unknown
@ours > bin 0x25 extras=0102 key=k value=value
@ours < bin 0x25 status=unknown
! memcached swallows the length of the body once more (mcrsd.md 10)

== nobody need log in
> bin sasl_list
< bin sasl_list status=unknown
> bin sasl_auth key=PLAIN value=\0user\0password
< bin sasl_auth status=unknown
> bin sasl_step key=PLAIN value=\0user\0password
< bin sasl_step status=unknown

== a get with a value is told and closed
> bin get key=a value=x
< bin get status=invalid
closed

== a get with extras is told and closed
> bin get extras=00 key=a
< bin get status=invalid
closed

== a get without a key is told and closed, the quiet one too
> bin getq
< bin getq status=invalid
closed

== a set without extras is told and closed
> bin set key=a value=x
< bin set status=invalid
closed

== a set with the wrong extras is told and closed
> bin setq flags=0 key=a value=x
< bin setq status=invalid
closed

== an incr with a value is told and closed
> bin incr delta=1 initial=1 exptime=0 key=a value=x
< bin incr status=invalid
closed

== a key of 251 bytes is told and closed
> bin get key={k*251}
< bin get status=invalid
closed

== so is one of a set
> bin set flags=0 exptime=0 key={k*251} value=x
< bin set status=invalid
closed

== statistics with extras are told and closed
> bin stat extras=00 key=reset
< bin stat status=invalid
closed

== a noop with a key is told and closed
> bin noop key=a
< bin noop status=invalid
closed

== a body shorter than its parts is told and closed
> bin get key=0123456789 bodylen=5
< bin get status=unknown
closed

== a body over a gigabyte is told and closed
@ours > bin set flags=0 exptime=0 key=a bodylen=1073741825
@ours < bin set status=invalid
@ours closed
! 1.6.18 waits for the value

== a body of a gigabyte is waited for
> bin set flags=0 exptime=0 key=a value=x bodylen=1073741824
half-close
closed

== another first byte is closed once a header of it came
> bin noop
< bin noop
>| version\r\nversion\r\nversion
closed

== so is the first byte of a reply
> bin noop
< bin noop
> bin noop magic=0x81
closed

== half a request is waited for
> bin noop
>| \x80\0\0\x01
< bin noop
>| \0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0
>| a
< bin get status=not_found opaque=0
