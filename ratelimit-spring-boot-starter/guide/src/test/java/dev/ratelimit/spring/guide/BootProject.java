package dev.ratelimit.spring.guide;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A project as Spring's generator makes it, on one of the versions of Boot that the starter is tested on. */
enum BootProject {
    BOOT_3_5("../pom.xml", "spring-boot-starter-web"),
    BOOT_4_0("../on-boot-4.0/pom.xml", "spring-boot-starter-webmvc"),
    BOOT_4_1("../on-boot-4.1/pom.xml", "spring-boot-starter-webmvc");

    private static final String APPLICATION = """
            package com.example.demo;

            import org.springframework.boot.SpringApplication;
            import org.springframework.boot.autoconfigure.SpringBootApplication;

            @SpringBootApplication
            public class DemoApplication {

              public static void main(String[] args) {
                SpringApplication.run(DemoApplication.class, args);
              }
            }
            """;
    // What an editor adds to the service of the guide.
    private static final String IMPORTS = """
            package com.example.demo;

            import org.springframework.web.bind.annotation.PostMapping;
            import org.springframework.web.bind.annotation.RestController;

            """;

    private final Path versions;
    private final String starter;

    BootProject(String versions, String starter) {
        this.versions = Path.of(versions);
        this.starter = starter;
    }

    /** Writes the project with all that the guide says. */
    void write(Guide guide) throws IOException {
        Path folder = folder();
        String plain = Files.readString(Path.of("src/it/empty-pom.xml"))
                .replace("{boot}", bootVersion())
                .replace("{starter}", starter);
        write(folder.resolve("pom.xml"), plain.replace("</dependencies>", guide.dependency() + "</dependencies>"));
        Path sources = folder.resolve("src/main/java/com/example/demo");
        write(sources.resolve("DemoApplication.java"), APPLICATION);
        write(sources.resolve("ChatController.java"), IMPORTS + guide.service());
        write(folder.resolve("src/main/resources/application.yml"), guide.yaml());
        // The root of the project: Maven must not find the settings of the library's own build.
        Files.createDirectories(folder.resolve(".mvn"));
    }

    /** Returns the version that the starter's own tests run on. */
    String bootVersion() throws IOException {
        Matcher version = Pattern.compile("<spring-boot\\.version>([^<]+)<").matcher(Files.readString(versions));
        if (!version.find()) {
            throw new IllegalStateException(versions + " has no spring-boot.version");
        }
        return version.group(1);
    }

    Path folder() {
        return Path.of("target/projects", name().toLowerCase(Locale.ROOT));
    }

    Path jar() {
        return folder().resolve("target/demo-0.0.1-SNAPSHOT.jar");
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
