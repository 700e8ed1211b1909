package dev.ratelimit.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.eclipse.jetty.ee10.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** A server on a port of its own, as it is unless configured, with filters, servlets and perhaps an error page. */
abstract class TestServer implements AutoCloseable {

    static final String ERROR_PAGE = "/error";

    private static final EnumSet<DispatcherType> DISPATCHES =
            EnumSet.of(DispatcherType.REQUEST, DispatcherType.FORWARD, DispatcherType.ASYNC, DispatcherType.ERROR);

    /** The servers that the filter is tested on. */
    enum Kind {
        JETTY {
            @Override
            TestServer start(List<Filter> filters, Map<String, HttpServlet> servlets) throws Exception {
                return new OnJetty(filters, servlets);
            }
        },
        TOMCAT {
            @Override
            TestServer start(List<Filter> filters, Map<String, HttpServlet> servlets) throws Exception {
                return new OnTomcat(filters, servlets);
            }
        };

        /** Starts a server. A servlet at {@link #ERROR_PAGE} is the page of all errors. */
        abstract TestServer start(List<Filter> filters, Map<String, HttpServlet> servlets) throws Exception;

        TestServer start(Filter filter, String path, HttpServlet servlet) throws Exception {
            return start(List.of(filter), Map.of(path, servlet));
        }
    }

    private boolean hasStopped;

    abstract int port();

    abstract void stop() throws Exception;

    /** Stops the server, if it has not stopped. */
    @Override
    public final void close() {
        if (hasStopped) {
            return;
        }
        hasStopped = true;
        try {
            stop();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port());
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    private static final class OnJetty extends TestServer {

        private final Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));

        OnJetty(List<Filter> filters, Map<String, HttpServlet> servlets) throws Exception {
            ServletContextHandler context = new ServletContextHandler();
            filters.forEach(filter -> context.addFilter(new FilterHolder(filter), "/*", DISPATCHES));
            servlets.forEach((path, servlet) -> context.addServlet(new ServletHolder(servlet), path));
            if (servlets.containsKey(ERROR_PAGE)) {
                ErrorPageErrorHandler errors = new ErrorPageErrorHandler();
                errors.addErrorPage(ErrorPageErrorHandler.GLOBAL_ERROR_PAGE, ERROR_PAGE);
                context.setErrorHandler(errors);
            }
            server.setHandler(context);
            server.start();
        }

        @Override
        int port() {
            return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
        }

        @Override
        void stop() throws Exception {
            server.stop();
        }
    }

    private static final class OnTomcat extends TestServer {

        /** Held, since a setting is lost with its logger. What Tomcat logs tells nothing here. */
        private static final Logger LOG = Logger.getLogger("org.apache");

        static {
            LOG.setUseParentHandlers(false);
        }

        private final Tomcat server = new Tomcat();

        OnTomcat(List<Filter> filters, Map<String, HttpServlet> servlets) throws Exception {
            server.setBaseDir(Path.of("target/tomcat").toAbsolutePath().toString());
            Connector connector = new Connector();
            connector.setProperty("address", "127.0.0.1");
            connector.setPort(0);
            server.setConnector(connector);
            Context context = server.addContext("", null);
            for (int i = 0; i < filters.size(); i++) {
                add(filters.get(i), "filter " + i, context);
            }
            servlets.forEach((path, servlet) -> {
                Wrapper wrapper = Tomcat.addServlet(context, path, servlet);
                wrapper.setAsyncSupported(true);
                context.addServletMapping(path, path);
            });
            if (servlets.containsKey(ERROR_PAGE)) {
                ErrorPage page = new ErrorPage();
                page.setLocation(ERROR_PAGE);
                context.addErrorPage(page);
            }
            server.start();
        }

        private static void add(Filter filter, String name, Context context) {
            FilterDef definition = new FilterDef();
            definition.setFilter(filter);
            definition.setFilterName(name);
            definition.setAsyncSupported("true");
            context.addFilterDef(definition);
            FilterMap map = new FilterMap();
            map.setFilterName(name);
            map.addURLPattern("/*");
            DISPATCHES.forEach(dispatch -> map.setDispatcher(dispatch.name()));
            context.addFilterMap(map);
        }

        @Override
        int port() {
            return server.getConnector().getLocalPort();
        }

        @Override
        void stop() throws Exception {
            server.stop();
            server.destroy();
        }
    }
}
