/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether packets are misjudged while commands change the packet filter under a flood. */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/flood.h"
#include "bench/timing.h"

static const char usage[] =
        "usage: bench_flood [OPTION]... [COMMAND]...\n"
        "\n"
        "Floods a host of its own network namespaces with UDP that is allowed and UDP that is denied, runs\n"
        "the commands there one after the other, again and again, and counts every packet that was\n"
        "misjudged meanwhile. Exit status: 0 none, 1 some, 2 an error, 3 the link dropped packets before\n"
        "the filter could judge them, which is all that was lost.\n"
        "\n"
        "  --before COMMAND   run once, before the flood\n"
        "  --beside COMMAND   run again and again at the same time\n"
        "  --runs N           end after N commands (default 100; 0: after --seconds)\n"
        "  --seconds N        end after that time, whatever was run (default: never)\n"
        "  --rate N           packets a second (default 60000)\n"
        "  --out              flood from the host to the peer\n"
        "  --only-allowed     do not look at what is denied\n"
        "  --only-denied      do not look at what is allowed\n"
        "\n"
        "Ports: udp/7000 open to any; udp/7100 open to a group that has the sender, 198.51.100.2 and\n"
        "2001:db8::2 (with --out: the receiver); udp/7200 open to a group that has not; udp/7300 not open.\n";

#define LINK_DROPPED 3

struct options {
        const char *before, *beside;
        char **commands;
        int n_commands;
        unsigned long runs, seconds;
        unsigned rate;
        bool outward, only_allowed, only_refused;
};

struct besides {
        const char *command;
        pthread_t thread;
        atomic_bool stop;
        unsigned long runs;
};

static unsigned long number(const char *text)
{
        char *end;
        unsigned long value;

        errno = 0;
        value = strtoul(text, &end, 10);
        if (errno != 0 || end == text || *end != '\0')
                errx(2, "not a number: %s", text);
        return value;
}

static struct options read_options(int argc, char **argv)
{
        static const struct option rows[] = {
                {"before", required_argument, NULL, 'b'}, {"beside", required_argument, NULL, 'B'},
                {"runs", required_argument, NULL, 'n'},   {"seconds", required_argument, NULL, 't'},
                {"rate", required_argument, NULL, 'r'},   {"out", no_argument, NULL, 'o'},
                {"only-allowed", no_argument, NULL, 'a'}, {"only-denied", no_argument, NULL, 'd'},
                {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
        };
        struct options options = {.runs = 100, .rate = 60000};
        int letter;

        while ((letter = getopt_long(argc, argv, "h", rows, NULL)) != -1) {
                switch (letter) {
                case 'b':
                        options.before = optarg;
                        break;
                case 'B':
                        options.beside = optarg;
                        break;
                case 'n':
                        options.runs = number(optarg);
                        break;
                case 't':
                        options.seconds = number(optarg);
                        break;
                case 'r':
                        options.rate = (unsigned)number(optarg);
                        break;
                case 'o':
                        options.outward = true;
                        break;
                case 'a':
                        options.only_allowed = true;
                        break;
                case 'd':
                        options.only_refused = true;
                        break;
                case 'h':
                        fputs(usage, stdout);
                        exit(0);
                default:
                        fputs(usage, stderr);
                        exit(2);
                }
        }
        options.commands = argv + optind;
        options.n_commands = argc - optind;
        if (options.rate == 0 ||
            (options.seconds == 0 && (options.runs == 0 || options.n_commands == 0)))
                errx(2, "nothing would end this: see --help");
        return options;
}

static void run(const char *command)
{
        if (timing_run(command, true).status != 0)
                errx(2, "failed: %s", command);
}

static void *run_besides(void *argument)
{
        struct besides *besides = argument;

        while (!atomic_load(&besides->stop)) {
                run(besides->command);
                besides->runs++;
        }
        return NULL;
}

/* Gives how many commands were run. */
static unsigned long run_commands(const struct options *options)
{
        uint64_t deadline = timing_now() + options->seconds * 1000000000ULL;
        unsigned long n = 0;

        if (options->n_commands == 0) {
                timing_wait_until(deadline);
                return 0;
        }
        while ((options->runs == 0 || n < options->runs) &&
               (options->seconds == 0 || timing_now() < deadline))
                run(options->commands[n++ % (unsigned long)options->n_commands]);
        return n;
}

struct sums {
        uint64_t sent, allowed_sent, lost, refused_sent, let_in;
};

static struct sums sum_up(const struct flood *flood)
{
        struct sums sums = {0};

        for (size_t i = 0; i < FLOOD_FLOWS; i++) {
                const struct flood_flow *flow = &flood->flows[i];
                uint64_t received = flood_received(flow);

                sums.sent += flow->sent;
                if (flood_kind_is_allowed(flow->kind)) {
                        sums.allowed_sent += flow->sent;
                        sums.lost += flow->sent - received;
                } else {
                        sums.refused_sent += flow->sent;
                        sums.let_in += received;
                }
        }
        return sums;
}

static void print_misjudged(const struct flood *flood, const struct options *options)
{
        for (size_t i = 0; i < FLOOD_FLOWS; i++) {
                const struct flood_flow *flow = &flood->flows[i];
                bool is_allowed = flood_kind_is_allowed(flow->kind);
                uint64_t received = flood_received(flow);
                uint64_t wrong = is_allowed ? flow->sent - received : received;

                if (wrong > 0 && !(is_allowed ? options->only_refused : options->only_allowed))
                        printf("misjudged          %llu (%s, IPv%d)\n", (unsigned long long)wrong,
                               flood_kind_name(flow->kind), flow->is_v6 ? 6 : 4);
        }
}

/* `drops_before`: a link that is not wholly up yet drops what the kernel itself sends. */
static int report(const struct flood *flood, const struct options *options, unsigned long runs,
                  const struct besides *besides, uint64_t drops_before)
{
        const struct sums sums = sum_up(flood);
        uint64_t drops = network_drops(flood->network) - drops_before;
        uint64_t lost = options->only_refused ? 0 : sums.lost;
        uint64_t let_in = options->only_allowed ? 0 : sums.let_in;

        printf("seconds            %.1f\n", flood->seconds);
        printf("packets_per_second %.0f\n", (double)sums.sent / flood->seconds);
        printf("runs               %lu\n", runs);
        if (besides->command)
                printf("runs_beside        %lu\n", besides->runs);
        printf("allowed_sent       %llu\n", (unsigned long long)sums.allowed_sent);
        if (!options->only_refused)
                printf("allowed_lost       %llu\n", (unsigned long long)sums.lost);
        printf("denied_sent        %llu\n", (unsigned long long)sums.refused_sent);
        if (!options->only_allowed)
                printf("denied_let_in      %llu\n", (unsigned long long)sums.let_in);
        printf("link_dropped       %llu\n", (unsigned long long)drops);
        print_misjudged(flood, options);
        if (let_in > 0 || lost > drops)
                return 1;
        if (drops > 0)
                errx(LINK_DROPPED,
                     "%llu packets never came to the filter: the link dropped them; try a lower --rate",
                     (unsigned long long)drops);
        return 0;
}

int main(int argc, char **argv)
{
        const struct options options = read_options(argc, argv);
        const struct network network = network_make();
        struct flood flood = {.network = &network, .outward = options.outward, .rate = options.rate};
        struct besides besides = {.command = options.beside};
        unsigned long runs;
        uint64_t drops;

        if (options.before)
                run(options.before);
        drops = network_drops(&network);
        flood_start(&flood);
        if (besides.command && pthread_create(&besides.thread, NULL, run_besides, &besides) != 0)
                errx(2, "pthread_create");
        runs = run_commands(&options);
        atomic_store(&besides.stop, true);
        if (besides.command)
                pthread_join(besides.thread, NULL);
        flood_stop(&flood);
        return report(&flood, &options, runs, &besides, drops);
}
