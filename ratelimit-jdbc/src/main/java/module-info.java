/** Quotas that outlive the process and are the same on every machine, in a relational database. */
module dev.ratelimit.jdbc {
    requires transitive dev.ratelimit;
    requires transitive java.sql;
    requires static org.jspecify;

    exports dev.ratelimit.jdbc;
}
