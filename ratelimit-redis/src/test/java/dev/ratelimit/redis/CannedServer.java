package dev.ratelimit.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * A server that answers each command with a text that a test chose, in the words of the protocol; an empty text is no
 * answer.
 */
final class CannedServer extends LoopbackServer {

    private final UnaryOperator<String> answers;

    /**
     * Starts the server.
     *
     * @param answers gives the answer to a command's name, in capitals
     */
    CannedServer(UnaryOperator<String> answers) {
        this.answers = answers;
        begin();
    }

    @Override
    void take(Socket client) {
        run(() -> serve(client));
    }

    private void serve(Socket accepted) {
        try (accepted) {
            BufferedReader in = new BufferedReader(new InputStreamReader(accepted.getInputStream(), ISO_8859_1));
            OutputStream out = accepted.getOutputStream();
            for (String first = in.readLine(); first != null; first = in.readLine()) {
                int words = Integer.parseInt(first.substring(1));
                String name = word(in);
                for (int i = 1; i < words; i++) {
                    word(in);
                }
                out.write(answers.apply(name.toUpperCase(Locale.ROOT)).getBytes(ISO_8859_1));
                out.flush();
            }
        } catch (IOException e) {
            // the client is gone
        }
    }

    /** Reads a word, which may have lines, as its length and that many characters. */
    private static String word(BufferedReader in) throws IOException {
        char[] word = new char[Integer.parseInt(in.readLine().substring(1))];
        for (int read = 0; read < word.length; ) {
            int n = in.read(word, read, word.length - read);
            if (n < 0) {
                throw new EOFException();
            }
            read += n;
        }
        in.readLine();
        return new String(word);
    }

    static String bulk(String text) {
        return "$" + text.length() + "\r\n" + text + "\r\n";
    }

    /** Returns an answer of the script. */
    static String packed(double... numbers) {
        ByteBuffer packed = ByteBuffer.allocate(numbers.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        packed.asDoubleBuffer().put(numbers);
        return bulk(new String(packed.array(), ISO_8859_1));
    }
}
