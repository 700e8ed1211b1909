package dev.ratelimit.servlet;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** Calls by a socket, so that a path is sent as it is, and a client can hang up whenever it likes. */
final class Raw {

    private Raw() {}

    /** Opens a connection and sends a request with some further lines. */
    static Socket open(TestServer server, String path, String... lines) throws IOException {
        Socket socket = new Socket();
        socket.connect(server.address());
        StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        for (String line : lines) {
            request.append(line).append("\r\n");
        }
        socket.getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    /** Returns all that a server answers. */
    static String get(TestServer server, String path, String... lines) throws IOException {
        try (Socket socket = open(server, path, lines)) {
            socket.setSoTimeout((int) (1_000 * Ends.SECONDS));
            StringBuilder answer = new StringBuilder();
            InputStream in = socket.getInputStream();
            try {
                for (int next = in.read(); next >= 0; next = in.read()) {
                    answer.append((char) next);
                }
            } catch (SocketException reset) {
                // A server may end a broken answer in this way.
            }
            return answer.toString();
        }
    }

    /** Reads until some text has come. */
    static void readUntil(Socket socket, String text) throws IOException {
        String end = "";
        while (!end.equals(text)) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("ended before " + text);
            }
            end = (end + (char) next).substring(end.length() < text.length() ? 0 : 1);
        }
    }

    /** Hangs up at once, whatever is under way. */
    static void hangUp(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }
}
