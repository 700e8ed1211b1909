package dev.ratelimit.core;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs of jcstress, each in a process of its own, which forks others with the same class path. */
final class Jcstress {

    private static final Path TARGET = Path.of("target").toAbsolutePath();

    private static final String NONE = "tests: No matches.";

    /** What a run has shown. */
    enum Verdict {
        HELD,
        FORBIDDEN_SEEN
    }

    /**
     * A test that could not be run at all, as with classes that do not fit together, is no error in what jcstress says
     * last.
     */
    private static final Pattern ERRS = Pattern.compile("[1-9][0-9]* (soft|hard) errs");

    private Jcstress() {}

    /**
     * Runs tests on the shipped classes, or on others that come first on the class path.
     *
     * @param name of the log and the folder of results under {@code target/jcstress}
     * @throws IllegalStateException if the run ended without a verdict
     */
    static Verdict run(String name, List<Path> first, String... options) throws IOException, InterruptedException {
        Path results = Files.createDirectories(TARGET.resolve("jcstress").resolve(name));
        Path log = results.resolve("log.txt");
        String classPath = Stream.concat(
                        first.stream().map(Path::toAbsolutePath), Stream.of(TARGET.resolve("stress.jar")))
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                "org.openjdk.jcstress.Main",
                "-r",
                results.toString()));
        command.addAll(List.of(options));
        int exit = new ProcessBuilder(command)
                .directory(results.toFile())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.to(log.toFile()))
                .start()
                .waitFor();
        String said = Files.readString(log);
        boolean errors = !said.contains("Error " + NONE) || ERRS.matcher(said).find();
        boolean failures = !said.contains("Failed " + NONE);
        // With one processor, for one, it can run none, and says so by the way.
        boolean none = !failures && said.contains("All remaining " + NONE);
        if (errors || none || exit != (failures ? 1 : 0)) {
            throw new IllegalStateException("no verdict: exit=" + exit + ", log=" + log);
        }
        return failures ? Verdict.FORBIDDEN_SEEN : Verdict.HELD;
    }
}
