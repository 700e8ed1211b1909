package dev.ratelimit.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A shipped class with one mistake: some text of its source is replaced by another. White space does not matter, but
 * the text must occur exactly once, so that a twin which the source has outgrown is found.
 *
 * @param mistake what is wrong with it
 * @param type the shipped class
 * @param check the jcstress test that catches the mistake
 * @param text what stands in its source
 * @param broken what stands there instead
 */
record Twin(String mistake, Class<?> type, Class<?> check, String text, String broken) {

    private static final Path SHIPPED = Path.of("../ratelimit-core/src/main/java");

    private static final String TREE = "dev/ratelimit/core/";

    /** Returns a name for files. */
    String name() {
        return mistake.replace(' ', '-');
    }

    /** Compiles the twin into a folder of its own, which is returned. */
    Path compile() throws IOException {
        // Of its class: where a twin was one of another class before, that copy must not be found.
        Path folder = Path.of("target", "twins", type.getSimpleName(), name());
        Path source = folder.resolve("source").resolve(TREE + type.getSimpleName() + ".java");
        Path classes = folder.resolve("classes");
        Files.createDirectories(requireNonNull(source.getParent()));
        Files.createDirectories(classes);
        Files.writeString(source, source());

        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, UTF_8)) {
            List<String> options = List.of("--release", "17", "-proc:none", "-nowarn", "-d", classes.toString());
            boolean compiled = compiler.getTask(messages, files, null, options, null, files.getJavaFileObjects(source))
                    .call();
            if (!compiled) {
                throw new IllegalStateException(this + " does not compile:\n" + messages);
            }
        }
        return classes;
    }

    private String source() throws IOException {
        String shipped = Files.readString(SHIPPED.resolve(TREE + type.getSimpleName() + ".java"));
        Matcher found = Pattern.compile(
                        Arrays.stream(text.split("\\s+")).map(Pattern::quote).collect(Collectors.joining("\\s+")))
                .matcher(shipped);
        long times = found.results().count();
        if (times != 1) {
            throw new IllegalStateException(this + " needs its text exactly once: times=" + times);
        }
        return found.replaceFirst(Matcher.quoteReplacement(broken));
    }

    @Override
    public String toString() {
        return type.getSimpleName() + ": " + mistake;
    }
}
