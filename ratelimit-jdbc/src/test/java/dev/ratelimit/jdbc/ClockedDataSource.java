package dev.ratelimit.jdbc;

import dev.ratelimit.spi.TimeSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import javax.sql.DataSource;

/**
 * Connections on which the clock of the database shows the wall clock of a time source: where a statement asks for the
 * time, it has that time instead.
 */
final class ClockedDataSource extends ChangedConnections {

    private final TimeSource time;

    ClockedDataSource(DataSource dataSource, TimeSource time) {
        super(dataSource);
        this.time = time;
    }

    @Override
    Connection changed(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("prepareStatement")) {
                        arguments[0] = atTheTime((String) arguments[0]);
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private String atTheTime(String sql) {
        String now = "timestamp with time zone '" + time.instant() + "'";
        return sql.replace("clock_timestamp()", now).replace("current_timestamp", now);
    }
}
