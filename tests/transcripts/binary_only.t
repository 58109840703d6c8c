# A server that speaks the binary protocol only. Source: mcrsd.md 1.4.
args: -B binary

== binary is spoken
> bin set flags=0 exptime=0 key=a value=x
< bin set cas={n=id}
> bin get key=a
< bin get flags=0 value=x cas={id}

== text is closed once as many bytes came as a header has
> version
> version
> version
closed

== fewer are waited for
> version
half-close
closed
