/*
 * A client that is used on both sides of a fork: parent and child must not share a connection, or
 * one would read the other's answers.
 *
 * Server: PORT_FIRST.
 */
#define _POSIX_C_SOURCE 200809L

#include "check.h"

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 300

/* Stores and reads own numbers; the answers must be to these questions. */
static void count(mcrs_client *client, const char *key)
{
    int right = 0;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        mcrs_item *item = NULL;

        if (mcrs_client_set(client, key, strlen(key), &i, sizeof i, 0, 0, NULL) ==
                MCRS_RESULT_OK &&
            mcrs_client_get(client, key, strlen(key), &item, NULL) == MCRS_RESULT_OK) {
            right += mcrs_item_value_len(item) == sizeof i &&
                     memcmp(mcrs_item_value(item), &i, sizeof i) == 0;
        }
        mcrs_item_free(item);
    }
    CHECK(right == ROUNDS);
}

/* How many connections the server has taken so far. */
static unsigned long connections(mcrs_client *client)
{
    static const char name[] = "STAT total_connections ";
    mcrs_text *stats = NULL;
    unsigned long number = 0;

    if (EXPECT(MCRS_RESULT_OK, mcrs_client_stats(client, 0, NULL, &stats, NULL))) {
        const char *line = strstr(mcrs_text_data(stats), name);

        if (CHECK(line != NULL)) {
            number = strtoul(line + sizeof name - 1, NULL, 10);
        }
        mcrs_text_free(stats);
    }
    return number;
}

int main(void)
{
    mcrs_client *client = mcrs_client_new();
    unsigned long before;
    int status = -1;
    int ready[2];
    char byte = 0;
    pid_t child;

    EXPECT(MCRS_RESULT_OK,
           mcrs_client_add_server(client, "127.0.0.1", port_of("PORT_FIRST"), 1, NULL));
    count(client, "before-fork");
    before = connections(client);
    CHECK(before == connections(client));
    CHECK(pipe(ready) == 0);
    fflush(NULL);

    child = fork();
    if (child == 0) {
        /* While the parent is quiet: the server sees another connection. */
        CHECK(connections(client) == before + 1);
        CHECK(write(ready[1], &byte, 1) == 1);
        count(client, "child");
        CHECK(connections(client) == before + 1);
        mcrs_client_free(client);
        _exit(checks_failed == 0 ? 0 : 1);
    }
    if (CHECK(child > 0)) {
        close(ready[1]);
        CHECK(read(ready[0], &byte, 1) == 1);
        /* Both at the same time. */
        count(client, "parent");
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    /* The child closed its copy of our connection, which still works, and is the same. */
    count(client, "after-fork");
    CHECK(connections(client) == before + 1);
    mcrs_client_free(client);
    return report();
}
