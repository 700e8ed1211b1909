package dev.ratelimit.checks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.kernel.ApiVersion;
import dev.ratelimit.redis.RedisRateLimiter;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** A backend that meets another version of the API than it was compiled against is not built. */
class OtherVersionTest {

    private static final String OTHER = "9" + ApiVersion.CURRENT.substring(1);

    /** Loads this library anew, with another version in the class that tells the version of the API. */
    private static final class OtherApi extends ClassLoader {

        OtherApi() {
            super(OtherVersionTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("dev.ratelimit.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                if (name.equals(ApiVersion.class.getName())) {
                    String changed = new String(bytes, ISO_8859_1).replace(ApiVersion.CURRENT, OTHER);
                    bytes = changed.getBytes(ISO_8859_1);
                }
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    private static void build(Object builder) throws Throwable {
        Method build = builder.getClass().getMethod("build");
        try {
            build.invoke(builder);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static void assertRefused(Object builder, String backend) {
        assertThat(builder.getClass().getClassLoader()).isInstanceOf(OtherApi.class);
        assertThatThrownBy(() -> build(builder))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("ratelimit-api and " + backend + " must be of one version: ratelimit-api=" + OTHER + ", "
                        + backend + "=" + ApiVersion.CURRENT);
    }

    @Test
    void theLimiterOnRedisIsNotBuilt() throws ReflectiveOperationException {
        RedisClient client = RedisClient.create();
        try {
            Class<?> limiter = new OtherApi().loadClass(RedisRateLimiter.class.getName());
            assertRefused(limiter.getMethod("builder", RedisClient.class).invoke(null, client), "ratelimit-redis");
        } finally {
            client.shutdown();
        }
    }

    @Test
    void theLimiterInMemoryIsNotBuilt() throws ReflectiveOperationException {
        Class<?> limiter = new OtherApi().loadClass(InMemoryRateLimiter.class.getName());
        assertRefused(limiter.getMethod("builder").invoke(null), "ratelimit-core");
    }
}
