/** What tests of rate limiting need: a clock moved by hand, an exact limiter, and the contract of every limiter. */
module dev.ratelimit.testkit {
    requires transitive dev.ratelimit;
    requires static transitive org.junit.jupiter.api; // these two are for the contract only
    requires static org.assertj.core;
    requires static org.jspecify;

    exports dev.ratelimit.testkit;

    // JUnit runs the contract's scenarios, which are not public, by reflection.
    opens dev.ratelimit.testkit to
            org.junit.platform.commons;
}
