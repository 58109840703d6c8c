# Values that are not all there yet, and clients that leave in the middle.

== the old value stays until the new one is all there
> set k 0 0 3
> old
< STORED
conn b
>| set k 0 0 10\r\nhalf_
conn a
> get k
< VALUE k 0 3
< old
< END
conn b
>| value\r\n
< STORED
conn a
> get k
< VALUE k 0 10
< half_value
< END

== of two who store at the same time the one who is done last wins
>| set k 0 0 5\r\nslo
conn b
> set k 0 0 4
> fast
< STORED
conn a
>| w!\r\n
< STORED
> get k
< VALUE k 0 5
< slow!
< END

== add looks for the key when the value is there, not when it is announced
>| add k 0 0 4\r\nsl
conn b
> add k 0 0 4
> fast
< STORED
conn a
>| ow\r\n
< NOT_STORED
> get k
< VALUE k 0 4
< fast
< END

== a client that leaves in the middle of a value changes nothing
> set k 0 0 3
> old
< STORED
conn b
>| set k 0 0 10\r\nhalf
half-close
closed
conn a
> get k
< VALUE k 0 3
< old
< END

== nor in the middle of a meta value
> set k 0 0 3
> old
< STORED
conn b
>| ms k 10\r\nhalf
half-close
closed
conn a
> mg k v
< VA 3
< old

== what was sent before the end is answered, however much it is
> set k 0 0 3
> old
< STORED
>| {get k\r\n*100}version\r\n
half-close
<| {VALUE k 0 3\r\nold\r\nEND\r\n*100}
< VERSION {version}
closed

== a piece of a line at the end is dropped
>| version\r\nget
half-close
< VERSION {version}
closed
