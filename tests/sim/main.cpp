// farebox-sim: many small worlds, each from one seed.
#include "sim/world.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace farebox;

struct tally {
  sim::figures counts;
  std::uint64_t seeds = 0, failed = 0;
};

sim::verdict run_seed(std::uint64_t seed, bool print) { return sim::world(seed, print).run(); }

void report(std::uint64_t seed, const sim::verdict& done) {
  for (const auto& finding : done.findings) fmt::print("seed {}: {}\n", seed, finding);
  fmt::print("seed {} FAILED; replay it: farebox-sim --seed {}\n", seed, seed);
  std::fflush(stdout);
}

tally run_some(std::uint64_t from, std::uint64_t count, std::uint64_t step, bool progress) {
  tally all;
  for (std::uint64_t i = 0; i < count; i += step) {
    const auto done = run_seed(from + i, false);
    ++all.seeds;
    all.counts += done.counts;
    if (!done.findings.empty()) {
      ++all.failed;
      report(from + i, done);
    }
    if (progress && all.seeds % 100 == 0) fmt::print(stderr, "\r{} of {}", i + step, count);
  }
  if (progress && all.seeds >= 100) fmt::print(stderr, "\n");
  return all;
}

void summarise(const tally& all, double took) {
  const auto& c = all.counts;
  fmt::print("{} seeds: {} MOs, {} bills, {} replies, {} crashes, {} power cuts, {} drains, {} "
             "redeliveries, {} absorbed ({} honest ones), {} flagged, {:.0f} virtual hours, {} "
             "failures, {:.1f} s\n",
             all.seeds, c.orders, c.bills, c.replies, c.crashes, c.power_cuts, c.drains,
             c.redeliveries, c.absorbed, c.absorbed_honest, c.flagged,
             static_cast<double>(c.time.count()) / 3.6e9, all.failed, took);
}

// Every job is a process, for there is one disk in each; its tally comes back through a pipe.
tally run_jobs(std::uint64_t from, std::uint64_t count, unsigned jobs) {
  std::vector<std::pair<pid_t, int>> children;
  for (unsigned job = 0; job < jobs; ++job) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    std::fflush(stdout);
    const auto pid = fork();
    if (pid == 0) {
      const auto mine = run_some(from + job, count - std::min<std::uint64_t>(job, count), jobs,
                                 job == 0);
      std::fflush(stdout);
      std::_Exit(write(ends[1], &mine, sizeof mine) == sizeof mine ? 0 : 1);
    }
    close(ends[1]);
    children.emplace_back(pid, ends[0]);
  }
  tally all;
  for (const auto& [pid, end] : children) {
    tally its;
    if (read(end, &its, sizeof its) != sizeof its) {
      its = {};
      its.failed = 1; // it crashed
    }
    close(end);
    waitpid(pid, nullptr, 0);
    all.counts += its.counts;
    all.seeds += its.seeds;
    all.failed += its.failed;
  }
  return all;
}

int replay(std::uint64_t seed, bool twice) {
  const auto first = run_seed(seed, !twice);
  fmt::print("seed {}: trace {:016x}, {} findings\n", seed, first.hash, first.findings.size());
  if (!first.findings.empty()) report(seed, first);
  if (!twice) return first.findings.empty() ? 0 : 1;
  const auto second = run_seed(seed, false);
  if (first.hash == second.hash) return 0;
  fmt::print("seed {}: another trace the second time: {:016x}\n", seed, second.hash);
  return 1;
}

} // namespace

int main(int count, char** words) {
  CLI::App app{"Runs Farebox in simulated worlds: a virtual clock and network, SMSCs that "
               "misbehave, a disk that fails. One seed is one world, and the same seed gives the "
               "same trace."};
  std::uint64_t seeds = 100, from = 1, seed = 0;
  unsigned jobs = 1;
  bool twice = false;
  app.add_option("--seeds", seeds, "how many worlds");
  app.add_option("--from", from, "the first seed");
  app.add_option("--jobs", jobs, "processes at once")->check(CLI::Range(1u, 64u));
  auto* one = app.add_option("--seed", seed, "replays one world and prints its trace");
  app.add_flag("--twice", twice, "with --seed: no trace, but both runs must have the same");
  CLI11_PARSE(app, count, words);
  if (one->count() > 0) return replay(seed, twice);
  const auto began = std::chrono::steady_clock::now();
  const auto all = jobs > 1 ? run_jobs(from, seeds, jobs) : run_some(from, seeds, 1, true);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  summarise(all, took.count());
  return all.failed == 0 ? 0 : 1;
}
