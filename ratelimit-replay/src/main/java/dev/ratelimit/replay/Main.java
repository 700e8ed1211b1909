package dev.ratelimit.replay;

import dev.ratelimit.spi.Printable;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;

/**
 * The command line of the replay.
 *
 * <p>Exit codes: 0 if the report is printed, 2 if the options or the trace are not as they should be, 1 if something
 * else goes wrong. Unless it is 0, nothing is printed on standard output and no file is left behind; but where only
 * standard output could not be written, the files are complete.
 */
public final class Main {

    private Main() {}

    /**
     * Runs the replay and ends the JVM.
     *
     * @param args the command line; {@code --help} explains it
     */
    public static void main(String... args) {
        // Charts are drawn, but no window is opened.
        System.setProperty("java.awt.headless", "true");
        System.exit(run(System.out, System.err, args));
    }

    static int run(PrintStream out, PrintStream err, String... args) {
        PrintWriter report = new PrintWriter(out, false, StandardCharsets.UTF_8);
        PrintWriter messages = new PrintWriter(err, true, StandardCharsets.UTF_8);
        CommandLine command = commandLine(report, messages);
        try {
            return command.execute(args);
        } catch (OutOfMemoryError e) {
            messages.println(
                    "error: the trace must fit into the memory of the JVM, with the organizations and endpoints that "
                            + "it names; java -Xmx sets it");
            return ExitCode.USAGE;
        }
    }

    private static CommandLine commandLine(PrintWriter report, PrintWriter messages) {
        return new CommandLine(new ReplayCommand(report, messages))
                .setOut(report)
                .setErr(messages)
                .setExpandAtFiles(false) // a trace may be called @trace.csv
                .registerConverter(CallDuration.class, CallDuration::parse)
                .registerConverter(Charge.class, Charge::parse)
                .registerConverter(Duration.class, Span::parse)
                .registerConverter(LimitOption.class, LimitOption::parse)
                .registerConverter(MemberColumn.class, MemberColumn::parse)
                .registerConverter(NumericTime.class, NumericTime::parse)
                .registerConverter(Report.class, Report::parse)
                .setParameterExceptionHandler((exception, arguments) -> explain(exception, exception.getCommandLine()))
                .setExecutionExceptionHandler((exception, command, parsed) -> explain(exception, command));
    }

    private static int explain(Exception exception, CommandLine command) {
        boolean isOfTheUser = exception instanceof ParameterException || exception instanceof BadInputException;
        boolean isOfTheSystem = exception instanceof IOException || exception instanceof UncheckedIOException;
        String text = isOfTheUser || isOfTheSystem
                ? inWords(exception)
                : "this is a fault of the program: " + exception + " " + Arrays.toString(exception.getStackTrace());
        command.getErr().println("error: " + Printable.text(text));
        return isOfTheUser ? ExitCode.USAGE : ExitCode.SOFTWARE;
    }

    private static String inWords(Exception exception) {
        String message = exception.getMessage();
        // The message of a FileSystemException may be no more than a path.
        return message == null || exception instanceof FileSystemException ? exception.toString() : message;
    }
}
