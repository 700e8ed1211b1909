package dev.ratelimit.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.servlet.RateLimits;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * Streams an answer to a prompt as server-sent events, one for each token. Before a token is sent, it is used from the
 * reservation of the call, so the stream ends with the quota. When the request is over, the filter settles what was
 * used, also if the client has hung up.
 */
final class GenerateServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    private static final int DEFAULT_TOKENS = 20;

    private final Duration pause;

    GenerateServlet(Duration pause) {
        this.pause = pause;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String[] words = words(request); // first, since a look-up of parameters would read the body of a form
        int most = most(request.getParameter("tokens"));
        Reservation reservation = RateLimits.reservation(request);
        response.setContentType("text/event-stream");
        OutputStream out = response.getOutputStream();
        boolean fits = reservation.use(tokens(words.length)).isAdmitted();
        int sent = 0;
        while (fits && sent < most) {
            if (reservation.use(tokens(1)) instanceof Rejected) {
                fits = false;
            } else {
                think();
                send(out, "token", words[sent % words.length]);
                sent++;
            }
        }
        send(out, "end", fits ? "complete" : "quota");
    }

    private static int most(String parameter) {
        return parameter == null ? DEFAULT_TOKENS : Integer.parseInt(parameter);
    }

    /** Returns the words of the prompt, each of which counts as a token here. */
    private static String[] words(HttpServletRequest request) throws IOException {
        String prompt = new String(request.getInputStream().readAllBytes(), UTF_8).strip();
        return prompt.isEmpty() ? new String[] {"Hello"} : prompt.split("\\s+");
    }

    private static Usage tokens(int number) {
        return Usage.of(Unit.TOKENS, number);
    }

    private void think() throws IOException {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the server stops", e);
        }
    }

    private static void send(OutputStream out, String event, String data) throws IOException {
        out.write(("event: " + event + "\ndata: " + data + "\n\n").getBytes(UTF_8));
        out.flush();
    }
}
