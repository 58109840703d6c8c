# lru without the thread that maintains segments. Source: mcrsd.md 2.8.
args: -o no_lru_maintainer

== there is nothing to switch
> lru mode flat
< ERROR
> lru mode segmented
< ERROR
> lru temp_ttl 10
< ERROR

== but numbers can be set
> lru tune 10 20 0.1 1.5
< OK
