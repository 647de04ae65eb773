// What does Java's own HttpClient make of a server? It asks for HTTP/2 with an upgrade unless told otherwise. Each line that
// is printed is what came of one request: the version of HTTP that was spoken, the status and the body.

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

public class Client {
    static final Duration PATIENCE = Duration.ofSeconds(20);
    static final byte[] MEGABYTE = new byte[1_000_000];

    /** Makes a request on a client and prints what came of it. */
    static void ask(HttpClient client, String url, String method, BodyPublisher body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).method(method, body).timeout(PATIENCE).build();
        HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
        System.out.println(response.version() + " " + response.statusCode() + " " + response.body());
    }

    /** Makes requests on new clients, so that each first one asks for the upgrade. */
    static void requests(String url) throws Exception {
        HttpClient one = HttpClient.newHttpClient();
        ask(one, url + "/first", "GET", BodyPublishers.noBody());
        ask(one, url + "/second", "GET", BodyPublishers.noBody());
        ask(one, url + "/third", "POST", BodyPublishers.ofByteArray(MEGABYTE));
        ask(HttpClient.newHttpClient(), url + "/post", "POST", BodyPublishers.ofByteArray(MEGABYTE));
        ask(HttpClient.newHttpClient(), url + "/chunks", "POST",
            BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(MEGABYTE)));
        ask(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(), url + "/plain", "POST",
            BodyPublishers.ofString("body"));
    }

    /** Opens a WebSocket, sends a text and prints what comes back. */
    static void talk(String url) throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        WebSocket.Listener listener = new WebSocket.Listener() {
            @Override
            public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
                answer.complete(text.toString());
                return null;
            }
        };
        WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(url), listener)
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        socket.sendText("hello", true).join();
        System.out.println("WebSocket " + answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
    }

    public static void main(String[] args) throws Exception {
        requests("http://" + args[0]);
        talk("ws://" + args[0] + args[1]);
        System.exit(0);
    }
}
