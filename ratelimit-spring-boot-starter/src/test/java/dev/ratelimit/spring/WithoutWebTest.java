package dev.ratelimit.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** An application without a web server has no class of one: not those of spring-web, and none that Boot has for it. */
class WithoutWebTest {

    private static final Pattern WEB =
            Pattern.compile(".*/(spring-web|spring-webmvc|spring-webflux|spring-security-\\w+|reactor-netty-\\w+"
                    + "|spring-boot-(web|reactor|http|tomcat)[a-z-]*|tomcat-embed-core|jakarta.servlet-api)"
                    + "-[0-9][^/]*\\.jar");

    @Test
    void methodsOfABatchAreLimitedBlockingAndReactive() throws Exception {
        List<URL> classPath = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (!WEB.matcher(entry).matches()) {
                classPath.add(url(entry));
            }
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(classPath.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            Callable<?> batch = (Callable<?>) loader.loadClass("dev.ratelimit.spring.BatchApplication")
                    .getDeclaredConstructor()
                    .newInstance();
            assertThat(batch.call()).isEqualTo("summed, added, refused, refused");
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static URL url(String entry) throws MalformedURLException {
        return Path.of(entry).toUri().toURL();
    }
}
