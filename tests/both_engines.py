#!/usr/bin/env python3
"""fuzz/run with libFuzzer and AFL++ at once, over the unbroken core: inputs go both ways, and both end when they
should.

Exit status: 0 all of that holds, 1 it does not, 2 usage or environment.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import campaigns  # pylint: disable=wrong-import-position

PIN_ARGS = "--engine", "both", "--jobs", "2", "--target", "pin_args_fuzzer"


def both_engines(campaign):
    campaign.fuzz(2, "--engine", "no_such_engine")
    # A relative path begins where the caller is.
    campaign.interrupted(130, "^[1-9][0-9]* [1-9]", "pin_args_fuzzer.trade", *PIN_ARGS, "-DPINFUZZ_SUT=src",
                         cwd=campaign.place)
    campaign.says(f"the implementation is {re.escape(campaign.place)}/src")
    campaign.never_says(" afl .* 0 execs ")
    campaign.holds(not campaign.aside(), "seeds stay aside")
    campaign.says("^pin_args_fuzzer libfuzzer +[1-9][0-9]*")
    campaign.says("^pin_args_fuzzer afl +[1-9][0-9]*")
    campaign.says("^pin_args_fuzzer: [1-9][0-9]* inputs from libFuzzer to AFL.*; [1-9][0-9]* from AFL.. to libFuzzer")
    # And not interrupted: each ends by itself when the time is over.
    campaign.fuzz(0, "--seconds", "5", *PIN_ARGS)
    campaign.says("^no findings")
    campaign.has("campaign.tsv",
                 "\tpin_args_fuzzer\tafl\t1\t[1-9][0-9]*\t[1-9][0-9]*\t-\t[1-9][0-9]*\t[0-9]*\t[0-9.]+\t")
    campaign.has("campaign.html", "pin_args afl")
    # AFL++'s own tools find what they look for.
    campaign.expect(0, ["afl-whatsup", "-s", f"{campaign.build}/afl-out/pin_args_fuzzer"])
    campaign.says("Fuzzers alive|Dead or remote")


if __name__ == "__main__":
    campaigns.run(both_engines, campaigns.arguments(__doc__).parse_args())
