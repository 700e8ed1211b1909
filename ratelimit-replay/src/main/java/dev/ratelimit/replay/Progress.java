package dev.ratelimit.replay;

import dev.ratelimit.spi.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar on standard error, if that is a terminal, that tells how much of a stream is read. */
final class Progress {

    private static final int WIDTH = 80;

    private Progress() {}

    /** Returns the stream with a bar on it; a size of -1 is unknown. */
    static InputStream of(String name, InputStream in, long size) {
        if (!Terminal.IS_STANDARD_ERROR) {
            return in;
        }
        return ProgressBar.wrap(
                in,
                ProgressBar.builder()
                        .setTaskName(Printable.name(name))
                        .setInitialMax(size)
                        .setUnit(" MiB", 1 << 20)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                        .clearDisplayOnFinish());
    }

    /** Asked for once, when the first bar would be shown. */
    private static final class Terminal {

        /*
         * Java does not tell: System.console() looks at standard input and output, which may be redirected while
         * standard error is not, and is there without any terminal from JDK 22 on. POSIX does: a child that inherits it
         * can test it.
         */
        static final boolean IS_STANDARD_ERROR = test();

        private static boolean test() {
            try {
                return new ProcessBuilder("test", "-t", "2")
                                .redirectError(Redirect.INHERIT)
                                .start()
                                .waitFor()
                        == 0;
            } catch (IOException e) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }
}
