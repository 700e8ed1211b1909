package dev.ratelimit.spring.guide;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the section "In five minutes" of the guide tells its reader to write, to call, and to expect. */
record Guide(
        String dependency, String service, String yaml, String method, String header, String path, String rateLimit) {

    static Guide read() throws IOException {
        String page = Files.readString(Path.of("../../docs/guide/spring-boot.md"));
        String section = only("(?ms)^## In five minutes\n(.*?)^## ", page).group(1);
        MatchResult call = only("curl -i -X (\\S+) -H '([^']+)' http://localhost:8080(\\S+)", section);
        return new Guide(
                code("xml", section),
                code("java", section),
                code("yaml", section),
                call.group(1),
                call.group(2),
                call.group(3),
                only("`RateLimit: ([^`]+)`", section).group(1));
    }

    private static String code(String language, String section) {
        return only("(?ms)^ *```" + language + "\n(.*?)^ *```$", section).group(1);
    }

    private static MatchResult only(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("The guide has nothing like " + pattern);
        }
        MatchResult found = matcher.toMatchResult();
        if (matcher.find()) {
            throw new IllegalStateException("The guide has more than one like " + pattern);
        }
        return found;
    }
}
