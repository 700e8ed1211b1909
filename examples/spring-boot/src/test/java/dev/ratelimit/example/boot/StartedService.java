package dev.ratelimit.example.boot;

import java.lang.management.ManagementFactory;
import org.springframework.boot.SpringApplication;

/** The service in a process that ends once it has started, and prints what that took. */
final class StartedService {

    /** What stands before the CPU time in nanoseconds, the number of classes, and the milliseconds since the launch. */
    static final String COST = "Cost of the start: ";

    private StartedService() {}

    /** Prints the CPU time of the thread that starts the service, the classes loaded, and the time since the launch. */
    public static void main(String[] args) {
        SpringApplication.run(ExampleApplication.class, args);
        long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long classes = ManagementFactory.getClassLoadingMXBean().getTotalLoadedClassCount();
        long millis = ManagementFactory.getRuntimeMXBean().getUptime();
        System.out.println(COST + nanos + " " + classes + " " + millis);
        Runtime.getRuntime().halt(0);
    }
}
