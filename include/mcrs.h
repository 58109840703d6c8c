/*
 * libmcrs: a client for memcache servers that places keys and stores values as PHP's memcache
 * extension does. This page says what is common to all functions.
 *
 * # Shape
 * Functions are named `mcrs_<noun>_<verb>`. The receiver comes first, then inputs, then outputs,
 * then an mcrs_error. No parameter is both input and output. Outputs are written only when the
 * function returns MCRS_RESULT_OK, unless its comment names another result.
 *
 * # Results
 * A function that can fail returns an mcrs_result: 0 is success; 1 to 99 are answers that say no
 * (there is no such key, the condition does not hold); from 100 on the question was not answered,
 * and mcrs_result_is_error() is true. Numbers are never reused, and later versions may add some:
 * treat one you do not know by its hundred (1xx the caller's fault, 2xx no connection, 3xx the
 * server said so, 4xx bad data, 900 a defect of this library).
 *
 * # Errors
 * The last parameter, `mcrs_error *error`, may be NULL. Otherwise it is an object of the caller's
 * that tells more about the last error; it is written when the result is 100 or more and left
 * alone otherwise. One object may serve any number of calls.
 *
 * # Pointers
 * Every pointer is checked: NULL where it is not allowed gives MCRS_RESULT_INVALID_ARGUMENT, or
 * NULL or 0 from a function that returns no mcrs_result. Apart from NULL, a pointer must be valid,
 * and a handle must come from this library and not be freed yet; that cannot be checked.
 * Keys and values are a pointer and a length in bytes; they may hold any byte that memcache
 * allows, and are not terminated. They are only read, and not kept after the call. A key has 1 to
 * 250 bytes, all above 0x20. A value may be empty; its pointer may then be NULL.
 * Names and texts that are no keys or values are C strings: terminated by NUL, and not kept.
 *
 * # Ownership
 * What a function named _new returns, or writes to an output of type `mcrs_... **`, belongs to the
 * caller, who gives it back to the _free function of its type, once. _free of NULL does nothing.
 * Memory from this library must not be passed to free(3). Items and texts do not depend on the
 * client they came from. Pointers that a function returns into a handle are valid until the handle
 * is freed, or, for an mcrs_error, until it is used in another call.
 *
 * # Threads and processes
 * One handle, one thread at a time: a handle may move from thread to thread, and two handles may
 * be used by two threads at once. The library starts no thread, handles no signal, keeps no global
 * state, and never raises SIGPIPE.
 * After fork(2), the child may go on using a client: it notices, leaves the parent's connections
 * alone and makes its own.
 *
 * # Time
 * Calls block, for connecting and for every reply no longer than the option timeout_ms; host names
 * are looked up by the system's resolver, which has time-outs of its own. Names of numbers end in
 * their unit, but for `exptime`, which is memcache's: 0 never, negative at once, up to 2592000 (30
 * days) seconds from now, larger ones seconds since 1970.
 *
 * # Defects
 * A panic inside the library does not cross into C: the call returns MCRS_RESULT_INTERNAL, and so
 * does every later call on the same client, which is then only good for mcrs_client_free(). A
 * line about it goes to standard error. When memory runs out the process ends.
 *
 * Generated from src/capi by `make header`: change it there.
 */

#ifndef MCRS_H
#define MCRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header; mcrs_version() is the one of the library. */
#define MCRS_VERSION "0.1.0"
#define MCRS_VERSION_MAJOR 0
#define MCRS_VERSION_MINOR 1
#define MCRS_VERSION_PATCH 0

/**
 * The value of an item was made by PHP's `serialize()`.
 */
#define MCRS_FLAG_SERIALIZED 1

/**
 * The value is stored as a zlib stream. The library sets it when it compresses a value, and
 * decompresses a value that has it. In the flags of a call it asks for compression of a value
 * below the threshold.
 */
#define MCRS_FLAG_COMPRESSED 2

/**
 * The bits (0x0f00) that hold the PHP type of a value that is not serialized; all 0 for a string.
 */
#define MCRS_FLAG_TYPE_MASK 3840

/**
 * The value is a PHP bool: `1` or `0`.
 */
#define MCRS_FLAG_TYPE_BOOL 256

/**
 * The value is a PHP int in decimal.
 */
#define MCRS_FLAG_TYPE_INT 768

/**
 * The value is a PHP float in decimal.
 */
#define MCRS_FLAG_TYPE_FLOAT 1792

/**
 * The bits (0xffff0000) that are free for applications.
 */
#define MCRS_FLAG_USER_MASK 4294901760

/**
 * What became of a call.
 *
 * Source: the outcomes are those of memcached's doc/protocol.txt; the errors are `src/error.rs`.
 */
typedef enum {
    /**
     * It was done, or found.
     */
    MCRS_RESULT_OK = 0,
    /**
     * There is no item of that key.
     */
    MCRS_RESULT_NOT_FOUND = 1,
    /**
     * The condition of add, replace, append or prepend does not hold.
     */
    MCRS_RESULT_NOT_STORED = 2,
    /**
     * The item has changed since its CAS id was read.
     */
    MCRS_RESULT_EXISTS = 3,
    /**
     * The key is empty, has more than 250 bytes, or a byte up to 0x20. Nothing was sent.
     */
    MCRS_RESULT_INVALID_KEY = 101,
    /**
     * An argument is NULL or outside its range. Nothing was sent.
     */
    MCRS_RESULT_INVALID_ARGUMENT = 102,
    /**
     * The value is larger than the server takes, or than this library reads. An older value is
     * gone if it was to be replaced: the server deletes it.
     */
    MCRS_RESULT_TOO_LARGE = 103,
    /**
     * No connection could be made. Nothing was sent.
     */
    MCRS_RESULT_CONNECT = 201,
    /**
     * The server was silent for the whole time-out. It may have done what was asked.
     */
    MCRS_RESULT_TIMEOUT = 202,
    /**
     * The server closed the connection before the answer was complete. It may have done what was
     * asked.
     */
    MCRS_RESULT_CLOSED = 203,
    /**
     * The operating system failed a send or receive; see mcrs_error_errno(). The server may have
     * done what was asked.
     */
    MCRS_RESULT_IO = 204,
    /**
     * The client has no servers.
     */
    MCRS_RESULT_NO_SERVERS = 205,
    /**
     * The server has failed before and its retry interval is not over. Nothing was sent.
     */
    MCRS_RESULT_SERVER_DOWN = 206,
    /**
     * The reply does not follow the protocol. The connection was closed.
     */
    MCRS_RESULT_PROTOCOL = 301,
    /**
     * The server answered ERROR: it does not know the command.
     */
    MCRS_RESULT_UNKNOWN_COMMAND = 302,
    /**
     * The server answered CLIENT_ERROR, such as for counting with a value that is no number.
     */
    MCRS_RESULT_CLIENT_ERROR = 303,
    /**
     * The server answered SERVER_ERROR.
     */
    MCRS_RESULT_SERVER_ERROR = 304,
    /**
     * The server had no memory for the item.
     */
    MCRS_RESULT_OUT_OF_MEMORY = 305,
    /**
     * The stored value says that it is compressed and cannot be decompressed.
     */
    MCRS_RESULT_DECODE = 401,
    /**
     * This build of the library lacks what was asked for.
     */
    MCRS_RESULT_UNSUPPORTED = 402,
    /**
     * A defect of this library. The client can only be freed.
     */
    MCRS_RESULT_INTERNAL = 900,
} mcrs_result;

/**
 * A list of servers with the rules for using them, and the connections to them. One thread at a
 * time.
 */
typedef struct mcrs_client mcrs_client;

/**
 * What is known about an error: the result, a text, the server concerned, the operating system's
 * number. One thread at a time.
 */
typedef struct mcrs_error mcrs_error;

/**
 * A value with its flags and CAS id, as it was when it was fetched. It never changes: any number
 * of threads may read it at once.
 */
typedef struct mcrs_item mcrs_item;

/**
 * A text that a server or the library wrote. It never changes: any number of threads may read it
 * at once.
 */
typedef struct mcrs_text mcrs_text;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that the program runs with, such as `0.1.0`; MCRS_VERSION is the one
 * it was compiled with. The string is static.
 *
 * # Safety
 * Nothing is asked of the caller. Any thread may call it at any time.
 */
const char *mcrs_version(void);

/**
 * A few words for people about a result, such as `not found`; `unknown result` for a number that
 * this version of the library does not return. The string is static and in English.
 *
 * # Safety
 * Nothing is asked of the caller. Any thread may call it at any time.
 */
const char *mcrs_result_text(int32_t result);

/**
 * Whether a result means that the question was not answered: true from 100 on, also for numbers
 * of later versions.
 *
 * # Safety
 * Nothing is asked of the caller. Any thread may call it at any time.
 */
bool mcrs_result_is_error(int32_t result);

/**
 * An error object that holds no error yet. To be freed by mcrs_error_free(). NULL only after a
 * defect of this library.
 *
 * # Safety
 * Nothing is asked of the caller. Any thread may call it at any time.
 */
mcrs_error *mcrs_error_new(void);

/**
 * The result of the last call that failed with this object; MCRS_RESULT_OK if none has, and for
 * NULL.
 *
 * # Safety
 * `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
 */
mcrs_result mcrs_error_result(const mcrs_error *error);

/**
 * What went wrong, in English or in the server's words, without the server's name: for people to
 * read, not for programs. Never holds a key or a value. Empty if nothing went wrong, and for NULL.
 *
 * The string belongs to the object and is valid until the object is used in another call.
 *
 * # Safety
 * `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
 */
const char *mcrs_error_text(const mcrs_error *error);

/**
 * `host:port` of the server concerned, in the words in which it was added. NULL if the error
 * concerns none, if nothing went wrong, and for NULL.
 *
 * The string belongs to the object and is valid until the object is used in another call.
 *
 * # Safety
 * `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
 */
const char *mcrs_error_server(const mcrs_error *error);

/**
 * The operating system's number for the error, such as ECONNREFUSED; 0 if it has none, if nothing
 * went wrong, and for NULL.
 *
 * # Safety
 * `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
 */
int mcrs_error_errno(const mcrs_error *error);

/**
 * Frees an error object. Its strings are invalid from then on.
 *
 * # Safety
 * `error` must be NULL or an error object that is not freed yet, and that no other thread uses.
 */
void mcrs_error_free(mcrs_error *error);

/**
 * The text, with a NUL behind its last byte. It is in whatever encoding the server uses, and a
 * broken server can put NUL bytes into it: mcrs_text_len() counts all.
 *
 * The pointer belongs to the text and is valid until mcrs_text_free(). NULL for NULL.
 *
 * # Safety
 * `text` must be NULL or a text that is not freed yet.
 */
const char *mcrs_text_data(const mcrs_text *text);

/**
 * The length of the text in bytes, without the NUL behind it. 0 for NULL.
 *
 * # Safety
 * `text` must be NULL or a text that is not freed yet.
 */
size_t mcrs_text_len(const mcrs_text *text);

/**
 * Frees a text. Pointers into it are invalid from then on.
 *
 * # Safety
 * `text` must be NULL or a text that is not freed yet, and that no other thread uses.
 */
void mcrs_text_free(mcrs_text *text);

/**
 * The value, decompressed: mcrs_item_value_len() bytes, with no NUL behind them.
 *
 * The pointer belongs to the item and is valid until mcrs_item_free(). It is not NULL, but may
 * not be read from when the length is 0. NULL for NULL.
 *
 * # Safety
 * `item` must be NULL or an item that is not freed yet.
 */
const void *mcrs_item_value(const mcrs_item *item);

/**
 * The length of the value in bytes, decompressed. 0 for NULL.
 *
 * # Safety
 * `item` must be NULL or an item that is not freed yet.
 */
size_t mcrs_item_value_len(const mcrs_item *item);

/**
 * The client flags as they are stored. MCRS_FLAG_COMPRESSED says that the value was stored as a
 * zlib stream; mcrs_item_value() is decompressed already. 0 for NULL.
 *
 * # Safety
 * `item` must be NULL or an item that is not freed yet.
 */
uint32_t mcrs_item_flags(const mcrs_item *item);

/**
 * The CAS id: a number that changes with every change of the item on its server, for
 * mcrs_client_cas(). 0 for NULL.
 *
 * # Safety
 * `item` must be NULL or an item that is not freed yet.
 */
uint64_t mcrs_item_cas(const mcrs_item *item);

/**
 * Frees an item. Pointers into it are invalid from then on.
 *
 * # Safety
 * `item` must be NULL or an item that is not freed yet, and that no other thread uses.
 */
void mcrs_item_free(mcrs_item *item);

/**
 * A client with default options and without servers. To be freed by mcrs_client_free(). NULL only
 * after a defect of this library.
 *
 * # Safety
 * Nothing is asked of the caller. Any thread may call it at any time.
 */
mcrs_client *mcrs_client_new(void);

/**
 * Closes the client's connections and frees it. Items and texts that came from it stay valid.
 *
 * # Safety
 * `client` must be NULL or a client that is not freed yet, and that no other thread uses.
 */
void mcrs_client_free(mcrs_client *client);

/**
 * Sets an option. `name` and `value` are C strings; numbers are in decimal. The options, their
 * range and default:
 *
 * - `hash_strategy`: how keys are spread over servers; standard, consistent; default consistent.
 *   Cannot be changed after a server was added.
 * - `hash_function`: the hash that spreads keys; crc32, fnv; default crc32. Cannot be changed
 *   after a server was added.
 * - `allow_failover`: ask other servers for the keys of one that failed; 0, 1; default 1.
 * - `max_failover_attempts`: how many other places of a key are looked at; 1 to 4294967295;
 *   default 20.
 * - `compress_threshold`: values of at least this many bytes are compressed; 0 to 2147483647
 *   bytes, 0 for never; default 20000.
 * - `min_savings`: the share of a value that compression must save; 0.0 to 1.0; default 0.2.
 * - `timeout_ms`: time-out of servers added from now on, for connecting and for replies; 0 to
 *   31536000000 milliseconds; default 1000. A client waits for replies as long as the smallest
 *   time-out of its servers.
 * - `retry_interval_sec`: how long a failed server is left alone; for servers added from now on;
 *   -1 to 2147483647 seconds, -1 for never; default 15.
 *
 * Two programs find each other's items only with the same strategy, hash, and servers in the same
 * order.
 *
 * Errors: MCRS_RESULT_INVALID_ARGUMENT for a name that is not listed and a value outside its
 * range; nothing is changed then.
 *
 * Source: pecl/memcache's directives of the same names.
 *
 * # Safety
 * `client` must be a client, `name` and `value` C strings, and `error` an error object, or NULL;
 * no other thread may use the client or the error object during the call.
 */
mcrs_result mcrs_client_set_option(mcrs_client *client,
                                   const char *name,
                                   const char *value,
                                   mcrs_error *error);

/**
 * Adds a server with the options timeout_ms and retry_interval_sec in force. It is connected to
 * when it is first needed: that nobody listens there is found out then.
 *
 * `host` is a name, an IPv4 address, an IPv6 address in brackets, or `unix:///path` of a socket.
 * `port` is 1 to 65535, and 0 for a unix socket. `weight` is 1 to 1000000: the server gets that
 * share of the keys. Host and port are hashed as they are given: `localhost` and `127.0.0.1` are
 * different servers.
 *
 * Servers are numbered in the order in which they were added, from 0.
 *
 * Errors: MCRS_RESULT_INVALID_ARGUMENT.
 *
 * # Safety
 * `client` must be a client, `host` a C string, and `error` an error object, or NULL; no other
 * thread may use the client or the error object during the call.
 */
mcrs_result mcrs_client_add_server(mcrs_client *client,
                                   const char *host,
                                   uint32_t port,
                                   uint32_t weight,
                                   mcrs_error *error);

/**
 * How many servers were added; their numbers are 0 to `*count` - 1.
 *
 * # Safety
 * `client` must be a client, `count` point to a size_t, and `error` be an error object, or NULL;
 * no other thread may use the client or the error object during the call.
 */
mcrs_result mcrs_client_server_count(mcrs_client *client, size_t *count, mcrs_error *error);

/**
 * The name of a server: `host:port`, in the words in which it was added. To be freed by
 * mcrs_text_free().
 *
 * Errors: MCRS_RESULT_INVALID_ARGUMENT when there is no server of that number.
 *
 * # Safety
 * `client` must be a client, `name` point to a pointer, and `error` be an error object, or NULL;
 * no other thread may use the client or the error object during the call.
 */
mcrs_result mcrs_client_server_name(mcrs_client *client,
                                    size_t server,
                                    mcrs_text **name,
                                    mcrs_error *error);

/**
 * The number of the server that a request for a key would go to now. Servers that are known to
 * have failed are passed over if the option allow_failover is set. Nothing is sent.
 *
 * Errors: MCRS_RESULT_INVALID_KEY, MCRS_RESULT_INVALID_ARGUMENT, MCRS_RESULT_NO_SERVERS.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` bytes, `server` to a size_t, and `error` be
 * an error object, or NULL; no other thread may use the client or the error object during the
 * call.
 */
mcrs_result mcrs_client_server_for_key(mcrs_client *client,
                                       const char *key,
                                       size_t key_len,
                                       size_t *server,
                                       mcrs_error *error);

/**
 * Makes all items of one server invalid (`flush_all`): at once, or after `delay_sec` seconds,
 * which are 0 to 2147483647.
 *
 * Errors: MCRS_RESULT_INVALID_ARGUMENT, and all from 200 on.
 *
 * # Safety
 * `client` must be a client and `error` an error object, or NULL; no other thread may use them
 * during the call.
 */
mcrs_result mcrs_client_flush(mcrs_client *client,
                              size_t server,
                              uint32_t delay_sec,
                              mcrs_error *error);

/**
 * The version that one server gives (`version`), such as `1.6.45`. To be freed by
 * mcrs_text_free().
 *
 * Errors: MCRS_RESULT_INVALID_ARGUMENT, and all from 200 on.
 *
 * # Safety
 * `client` must be a client, `version` point to a pointer, and `error` be an error object, or
 * NULL; no other thread may use the client or the error object during the call.
 */
mcrs_result mcrs_client_version(mcrs_client *client,
                                size_t server,
                                mcrs_text **version,
                                mcrs_error *error);

/**
 * The statistics of one server (`stats`), as it sent them: lines such as `STAT pid 42`, each ended
 * by `\n`, at most 16 MiB. To be freed by mcrs_text_free().
 *
 * `args` are the words after `stats`, such as `items`; NULL or empty for the general ones. What
 * words there are, and what they do, is the server's affair: `reset` changes something.
 *
 * Errors: MCRS_RESULT_INVALID_ARGUMENT, also for `args` with control characters; and all from 200
 * on.
 *
 * # Safety
 * `client` must be a client, `args` NULL or a C string, `stats` point to a pointer, and `error` be
 * an error object, or NULL; no other thread may use the client or the error object during the
 * call.
 */
mcrs_result mcrs_client_stats(mcrs_client *client,
                              size_t server,
                              const char *args,
                              mcrs_text **stats,
                              mcrs_error *error);

/**
 * Fetches an item (`gets`): its value, flags and CAS id.
 *
 * `*item` becomes the item, to be freed by mcrs_item_free(). It is not written when there is none.
 *
 * Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_FOUND.
 *
 * Errors: all but MCRS_RESULT_OUT_OF_MEMORY. MCRS_RESULT_TOO_LARGE for a value of more than 1 GiB
 * after decompression, MCRS_RESULT_DECODE for one that cannot be decompressed.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` bytes, `item` to a pointer, and `error` be
 * an error object, or NULL; no other thread may use the client or the error object during the
 * call.
 */
mcrs_result mcrs_client_get(mcrs_client *client,
                            const char *key,
                            size_t key_len,
                            mcrs_item **item,
                            mcrs_error *error);

/**
 * Fetches many items at once: all servers concerned are asked at the same time, each with as few
 * requests as possible.
 *
 * `keys` are `count` pointers to keys, `key_lens` their lengths in bytes. `items` and `results`
 * have room for `count` each. The call returns MCRS_RESULT_OK when the servers were asked, and
 * then both are written whole, in the order of the keys: `results[i]` is what mcrs_client_get()
 * would return for that key, and `items[i]` the item if that is MCRS_RESULT_OK, otherwise NULL.
 * Each item is to be freed by mcrs_item_free(). With a `count` of 0 nothing is asked, and all four
 * may be NULL.
 *
 * Errors: MCRS_RESULT_INVALID_KEY if any key is invalid, MCRS_RESULT_INVALID_ARGUMENT,
 * MCRS_RESULT_NO_SERVERS. What befalls a server is told in `results` alone.
 *
 * # Safety
 * `client` must be a client, `keys` point to `count` pointers to as many bytes each as `key_lens`
 * says, `items` and `results` to room for `count`, and `error` be an error object, or NULL; no
 * other thread may use the client or the error object during the call.
 */
mcrs_result mcrs_client_get_many(mcrs_client *client,
                                 const char *const *keys,
                                 const size_t *key_lens,
                                 size_t count,
                                 mcrs_item **items,
                                 mcrs_result *results,
                                 mcrs_error *error);

/**
 * Stores an item, whatever was there before (`set`).
 *
 * `value` is of any bytes, less than 4 GiB; servers take 1 MiB with the key unless they were told
 * otherwise. One of at least as many bytes as the option compress_threshold says is stored as a
 * zlib stream if that saves enough, and gets MCRS_FLAG_COMPRESSED; so is a shorter one if `flags`
 * have that bit. The other flags are stored with the value and come back with it. `exptime`: see
 * Time, above.
 *
 * Errors: all of 1xx to 3xx.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
 * `error` be an error object, or NULL; no other thread may use the client or the error object
 * during the call.
 */
mcrs_result mcrs_client_set(mcrs_client *client,
                            const char *key,
                            size_t key_len,
                            const void *value,
                            size_t value_len,
                            uint32_t flags,
                            int64_t exptime,
                            mcrs_error *error);

/**
 * Stores an item if its key does not exist yet (`add`).
 *
 * `value` is of any bytes, less than 4 GiB; servers take 1 MiB with the key unless they were told
 * otherwise. One of at least as many bytes as the option compress_threshold says is stored as a
 * zlib stream if that saves enough, and gets MCRS_FLAG_COMPRESSED; so is a shorter one if `flags`
 * have that bit. The other flags are stored with the value and come back with it. `exptime`: see
 * Time, above.
 *
 * Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_STORED, the key exists.
 *
 * Errors: all of 1xx to 3xx.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
 * `error` be an error object, or NULL; no other thread may use the client or the error object
 * during the call.
 */
mcrs_result mcrs_client_add(mcrs_client *client,
                            const char *key,
                            size_t key_len,
                            const void *value,
                            size_t value_len,
                            uint32_t flags,
                            int64_t exptime,
                            mcrs_error *error);

/**
 * Stores an item if its key exists already (`replace`).
 *
 * `value` is of any bytes, less than 4 GiB; servers take 1 MiB with the key unless they were told
 * otherwise. One of at least as many bytes as the option compress_threshold says is stored as a
 * zlib stream if that saves enough, and gets MCRS_FLAG_COMPRESSED; so is a shorter one if `flags`
 * have that bit. The other flags are stored with the value and come back with it. `exptime`: see
 * Time, above.
 *
 * Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_STORED, there is no such key.
 *
 * Errors: all of 1xx to 3xx.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
 * `error` be an error object, or NULL; no other thread may use the client or the error object
 * during the call.
 */
mcrs_result mcrs_client_replace(mcrs_client *client,
                                const char *key,
                                size_t key_len,
                                const void *value,
                                size_t value_len,
                                uint32_t flags,
                                int64_t exptime,
                                mcrs_error *error);

/**
 * Adds bytes at the end of a value (`append`).
 *
 * Flags and exptime of the item stay as they are, and nothing is compressed: bytes after a
 * value that is stored as a zlib stream damage it. Keep values to which something is added below
 * the option compress_threshold.
 *
 * Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_STORED, there is no such key.
 *
 * Errors: all of 1xx to 3xx.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
 * `error` be an error object, or NULL; no other thread may use the client or the error object
 * during the call.
 */
mcrs_result mcrs_client_append(mcrs_client *client,
                               const char *key,
                               size_t key_len,
                               const void *value,
                               size_t value_len,
                               mcrs_error *error);

/**
 * Adds bytes at the front of a value (`prepend`).
 *
 * Flags and exptime of the item stay as they are, and nothing is compressed: bytes before a
 * value that is stored as a zlib stream damage it. Keep values to which something is added below
 * the option compress_threshold.
 *
 * Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_STORED, there is no such key.
 *
 * Errors: all of 1xx to 3xx.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
 * `error` be an error object, or NULL; no other thread may use the client or the error object
 * during the call.
 */
mcrs_result mcrs_client_prepend(mcrs_client *client,
                                const char *key,
                                size_t key_len,
                                const void *value,
                                size_t value_len,
                                mcrs_error *error);

/**
 * Stores an item if it has not changed since it was fetched (`cas`). `cas` is what
 * mcrs_item_cas() gave then.
 *
 * `value` is of any bytes, less than 4 GiB; servers take 1 MiB with the key unless they were told
 * otherwise. One of at least as many bytes as the option compress_threshold says is stored as a
 * zlib stream if that saves enough, and gets MCRS_FLAG_COMPRESSED; so is a shorter one if `flags`
 * have that bit. The other flags are stored with the value and come back with it. `exptime`: see
 * Time, above.
 *
 * Answers besides MCRS_RESULT_OK: MCRS_RESULT_EXISTS, it has changed; MCRS_RESULT_NOT_FOUND,
 * it is gone.
 *
 * Errors: all of 1xx to 3xx.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` and `value` to `value_len` bytes, and
 * `error` be an error object, or NULL; no other thread may use the client or the error object
 * during the call.
 */
mcrs_result mcrs_client_cas(mcrs_client *client,
                            const char *key,
                            size_t key_len,
                            const void *value,
                            size_t value_len,
                            uint32_t flags,
                            int64_t exptime,
                            uint64_t cas,
                            mcrs_error *error);

/**
 * Deletes an item (`delete`).
 *
 * Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_FOUND.
 *
 * Errors: all of 1xx to 3xx.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` bytes, and `error` be an error object, or
 * NULL; no other thread may use the client or the error object during the call.
 */
mcrs_result mcrs_client_delete(mcrs_client *client,
                               const char *key,
                               size_t key_len,
                               mcrs_error *error);

/**
 * Gives an item another expiry (`touch`). `exptime`: see Time, above; -2147483648 to 2147483647.
 *
 * Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_FOUND.
 *
 * Errors: all of 1xx to 3xx.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` bytes, and `error` be an error object, or
 * NULL; no other thread may use the client or the error object during the call.
 */
mcrs_result mcrs_client_touch(mcrs_client *client,
                              const char *key,
                              size_t key_len,
                              int64_t exptime,
                              mcrs_error *error);

/**
 * Adds to a counter (`incr`), modulo 2^64. A counter is an item whose value is a number in
 * decimal; it must exist.
 *
 * `*value` becomes the new value; `value` may be NULL.
 *
 * Answers besides MCRS_RESULT_OK: MCRS_RESULT_NOT_FOUND.
 *
 * Errors: all of 1xx to 3xx; MCRS_RESULT_CLIENT_ERROR when the value is no number.
 *
 * # Safety
 * `client` must be a client, `key` point to `key_len` bytes, `value` to a uint64_t, and `error` be
 * an error object, or NULL; no other thread may use the client or the error object during the
 * call.
 */
mcrs_result mcrs_client_incr(mcrs_client *client,
                             const char *key,
                             size_t key_len,
                             uint64_t delta,
                             uint64_t *value,
                             mcrs_error *error);

/**
 * Subtracts from a counter (`decr`), stopping at 0. Otherwise like mcrs_client_incr(). A server
 * pads a number that becomes shorter with blanks, which a later mcrs_client_get() shows.
 *
 * # Safety
 * As for mcrs_client_incr().
 */
mcrs_result mcrs_client_decr(mcrs_client *client,
                             const char *key,
                             size_t key_len,
                             uint64_t delta,
                             uint64_t *value,
                             mcrs_error *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MCRS_H */
