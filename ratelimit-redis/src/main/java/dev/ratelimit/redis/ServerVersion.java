package dev.ratelimit.redis;

import dev.ratelimit.spi.Printable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version of a server, as its {@code INFO server} tells it. */
record ServerVersion(String text, int major, int minor) {

    private static final Pattern VALKEY = Pattern.compile("(?m)^valkey_version:((\\d+)\\.(\\d+)\\S*)");
    private static final Pattern REDIS = Pattern.compile("(?m)^redis_version:((\\d+)\\.(\\d+)\\S*)");

    /** Refuses a server that the script does not run on: it needs ZADD with GT, which came with Redis 6.2. */
    static void requireSupported(String info) {
        if (VALKEY.matcher(info).find()) {
            return; // all of them are later than Redis 7.2
        }
        ServerVersion version = ofRedis(info);
        if (version.major < 6 || (version.major == 6 && version.minor < 2)) {
            throw new IllegalStateException(
                    "Redis must be of version 6.2 or later, or be a Valkey: version=" + Printable.name(version.text));
        }
    }

    private static ServerVersion ofRedis(String info) {
        Matcher found = REDIS.matcher(info);
        if (!found.find()) {
            throw new IllegalStateException("INFO must tell a redis_version: info=" + Printable.text(info));
        }
        return new ServerVersion(found.group(1), Integer.parseInt(found.group(2)), Integer.parseInt(found.group(3)));
    }
}
