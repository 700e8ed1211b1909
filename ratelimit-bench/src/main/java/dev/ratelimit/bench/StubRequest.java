package dev.ratelimit.bench;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request that tells a filter who calls what, as fast as that can be. One object is used for all calls. */
final class StubRequest extends HttpServletRequestWrapper {

    /** The field with the name of the organization. */
    static final String NAME = "X-Organization";

    private static final int ATTRIBUTES = 4;

    private final String path;
    private final @Nullable String[] names = new String[ATTRIBUTES];
    private final @Nullable Object[] values = new Object[ATTRIBUTES];
    private String organization = "";

    StubRequest(String path) {
        super(unanswered(HttpServletRequest.class));
        this.path = path;
    }

    /** Returns an object whose methods all throw, in the place of a server's. */
    static <T> T unanswered(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            throw new UnsupportedOperationException("method=" + method);
        }));
    }

    /** Begins a call of an organization, which is its own key. */
    void begin(String organization) {
        this.organization = organization;
        Arrays.fill(names, null);
        Arrays.fill(values, null);
    }

    @Override
    public String getMethod() {
        return "POST";
    }

    @Override
    public String getServletPath() {
        return path;
    }

    @Override
    public @Nullable String getPathInfo() {
        return null;
    }

    @Override
    public DispatcherType getDispatcherType() {
        return DispatcherType.REQUEST;
    }

    @Override
    public @Nullable String getHeader(String name) {
        return name.equals(NAME) ? organization : null;
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return Collections.enumeration(List.of("Bearer " + organization));
    }

    @Override
    public boolean isAsyncStarted() {
        return false;
    }

    @Override
    public @Nullable Object getAttribute(String name) {
        for (int i = 0; i < ATTRIBUTES; i++) {
            if (name.equals(names[i])) {
                return values[i];
            }
        }
        return null;
    }

    @Override
    public void setAttribute(String name, Object value) {
        int i = 0;
        while (names[i] != null) {
            i++;
        }
        names[i] = name;
        values[i] = value;
    }
}
