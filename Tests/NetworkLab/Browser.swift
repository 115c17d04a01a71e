import Foundation
import TestSupport

/// A headless Chromium that renders a page as a reader sees it. Needs no root and no network.
package struct Browser: Sendable {
    package enum Theme: Int, Sendable {
        // The numbers are those of Blink.
        case dark = 0
        case light = 1
    }

    /// What a picture of the upper part of a page shows.
    package struct Sight: Decodable, Sendable {
        /// The number of different colours.
        package let colours: Int
        /// The colour of most pixels: red, green, blue, 0...255.
        package let background: [Int]
        /// The share of pixels with another colour, 0...1.
        package let inked: Double
        /// The distance from the leftmost to the rightmost of these pixels, as a share of the width: 0...1.
        package let width: Double

        /// 0 is black, 1 is white.
        package var backgroundLightness: Double { Double(background.reduce(0, +)) / (3 * 255) }
    }

    private let directory: ScratchDirectory

    package init() throws {
        directory = try ScratchDirectory()
    }

    /// - Parameter page: a complete HTML page.
    package func look(at page: String, theme: Theme, width: Int = 1280, height: Int = 2000) async throws -> Sight {
        let name = UUID().uuidString
        let path = try directory.write(page, to: "\(name).html")
        let picture = directory.path("\(name).png")
        _ = try await run([
            "--blink-settings=preferredColorScheme=\(theme.rawValue)", "--window-size=\(width),\(height)",
            "--hide-scrollbars", "--screenshot=\(picture)", "file://\(path)",
        ])
        let image = try Data(contentsOf: URL(filePath: picture)).base64EncodedString()
        let counting = try directory.write(Self.counter(image), to: "\(name)-counter.html")
        let answer = try await run(["--dump-dom", "file://\(counting)"])
        guard let match = answer.firstMatch(of: #/<pre id="sight">(\{.*?\})<\/pre>/#) else {
            throw Failure("Chromium did not count the picture's colours: \(answer.suffix(500))")
        }
        return try JSONDecoder().decode(Sight.self, from: Data(match.1.utf8))
    }

    /// Each call uses its own profile, so several can run at once.
    private func run(_ arguments: [String]) async throws -> String {
        // Chromium refuses to run as root with its sandbox. It only opens the tests' own pages.
        let command =
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--user-data-dir=\(directory.path("profile-\(UUID().uuidString)"))",
            ] + arguments
        let program = try Program(command, in: directory)
        let status = await program.status(within: .seconds(120))
        return try Outcome(arguments: command, status: status, output: program.output).success
    }

    /// A page that counts the colours of a PNG picture (base64). The browser is the decoder.
    private static func counter(_ image: String) -> String {
        """
        <!DOCTYPE html><meta charset="utf-8"><pre id="sight"></pre><img id="picture" src="data:image/png;base64,\(image)">
        <script>
        addEventListener("load", () => {
          const picture = document.getElementById("picture");
          const canvas = document.createElement("canvas");
          canvas.width = picture.naturalWidth;
          canvas.height = picture.naturalHeight;
          const context = canvas.getContext("2d");
          context.drawImage(picture, 0, 0);
          const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
          const counts = new Map();
          const colourAt = i => data[i] << 16 | data[i + 1] << 8 | data[i + 2];
          for (let i = 0; i < data.length; i += 4) {
            counts.set(colourAt(i), (counts.get(colourAt(i)) || 0) + 1);
          }
          const [background, count] = [...counts].reduce((most, one) => one[1] > most[1] ? one : most);
          let left = canvas.width, right = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (colourAt(i) === background) continue;
            const column = i / 4 % canvas.width;
            left = Math.min(left, column);
            right = Math.max(right, column + 1);
          }
          document.getElementById("sight").textContent = JSON.stringify({
            colours: counts.size, background: [background >> 16, background >> 8 & 255, background & 255],
            inked: 1 - count * 4 / data.length, width: Math.max(0, right - left) / canvas.width });
          picture.remove();
        });
        </script>
        """
    }
}
