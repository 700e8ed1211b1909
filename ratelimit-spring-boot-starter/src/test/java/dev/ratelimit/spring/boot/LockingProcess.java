package dev.ratelimit.spring.boot;

import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/** Locks a file, says so, and lives until it is killed, or for two minutes. */
final class LockingProcess {

    private LockingProcess() {}

    public static void main(String[] args) throws Exception {
        try (FileChannel file =
                        FileChannel.open(Path.of(args[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = file.lock()) {
            System.out.print(lock.isValid() ? '!' : '?');
            System.out.flush();
            TimeUnit.MINUTES.sleep(2);
        }
    }
}
