/*
 * What the test programs share: claims that are counted, and where the servers are.
 *
 * mcrs.h comes first, so that it is known to need no other header before it.
 */
#ifndef CHECK_H
#define CHECK_H

#include <mcrs.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks_passed;
static int checks_failed;

/* Counts a claim, and says so when it does not hold. */
#define CHECK(claim) check_that((claim) != 0, #claim, __FILE__, __LINE__)

/* Counts the claim that a call had this result; says which it had instead. */
#define EXPECT(result, call) check_result((result), (call), #call, __FILE__, __LINE__)

static inline int check_that(int holds, const char *claim, const char *file, int line)
{
    if (holds) {
        checks_passed++;
    } else {
        checks_failed++;
        fprintf(stderr, "%s:%d: not true: %s\n", file, line, claim);
    }
    return holds;
}

static inline int check_result(mcrs_result wanted, mcrs_result got, const char *call,
                               const char *file, int line)
{
    if (wanted != got) {
        fprintf(stderr, "%s:%d: \"%s\" instead of \"%s\":\n", file, line,
                mcrs_result_text((int)got), mcrs_result_text((int)wanted));
    }
    return check_that(wanted == got, call, file, line);
}

/* The last line of every program, and its exit status. */
static inline int report(void)
{
    printf("%d passed, %d failed\n", checks_passed, checks_failed);
    return checks_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A setting of the runner: MCRS_TEST_<name>. */
static inline const char *setting(const char *name)
{
    char variable[64];
    const char *value;

    snprintf(variable, sizeof variable, "MCRS_TEST_%s", name);
    value = getenv(variable);
    if (value == NULL) {
        fprintf(stderr, "%s is not set: start this program through tests/c/run\n", variable);
        exit(2);
    }
    return value;
}

/* The port of one of the runner's servers. */
static inline uint32_t port_of(const char *name)
{
    return (uint32_t)strtoul(setting(name), NULL, 10);
}

#endif
