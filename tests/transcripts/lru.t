# lru. Source: mcrsd.md 2.8.

== words that are no sub-command, and too few
> lru
< ERROR
> lru nonsense
< ERROR
> lru tune
< ERROR
> lru mode
< ERROR
> lru temp_ttl
< ERROR

== shares and age factors
> lru tune 10 20 0.1 1.5
< OK
> lru tune 10 20 .5 1e1
< OK
> lru tune 10 20 1.5 2.5 surplus
< OK
> lru tune 0 80 1 1
< OK
> lru tune 80 0 1 1
< OK
> lru tune 41 40 1 1
< ERROR hot and warm pcts must not exceed 80
> lru tune 10 20 0 1
< ERROR hot/warm age factors must be greater than 0
> lru tune 10 20 1 -1
< ERROR hot/warm age factors must be greater than 0
> lru tune 10
< ERROR
> lru tune 10 20
< ERROR
> lru tune 10 20 0.1
< ERROR
> lru tune a 20 1 1
< ERROR
> lru tune -1 20 1 1
< ERROR
> lru tune 10 20 a 1
< ERROR
> lru tune 10 20 1x 1
< ERROR

== flat and segmented
> lru mode flat
< OK
> lru mode segmented
< OK
> lru mode nonsense
< ERROR

== items with little time to live
> lru temp_ttl 10
< OK
> lru temp_ttl 0
< OK
> lru temp_ttl -1
< OK
> lru temp_ttl x
< ERROR

== noreply silences
> lru mode nonsense noreply
> lru mode segmented noreply
> lru tune 20 40 0.2 2 noreply
> lru temp_ttl -1 noreply
