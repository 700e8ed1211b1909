package dev.ratelimit.example.boot;

import java.lang.management.ManagementFactory;
import org.springframework.boot.SpringApplication;

/** The service in a process that ends once it has started, and prints what that took. */
final class StartedService {

    /** What stands before the CPU time in nanoseconds and the number of classes. */
    static final String COST = "Cost of the start: ";

    private StartedService() {}

    /** Prints the CPU time of the thread that starts the service, and how many classes the process has loaded. */
    public static void main(String[] args) {
        SpringApplication.run(ExampleApplication.class, args);
        long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long classes = ManagementFactory.getClassLoadingMXBean().getTotalLoadedClassCount();
        System.out.println(COST + nanos + " " + classes);
        Runtime.getRuntime().halt(0);
    }
}
