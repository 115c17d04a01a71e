import Foundation
import Testing

@Suite("The progress of a build")
struct ProgressTests {
    /// What .ci/progress prints of a build that prints `lines`, without the times. The plan has two Swift modules and one of C.
    private func progress(_ lines: [String], built: [String] = [], exit status: Int = 0) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sealane-progress-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let objects = ["Low.build/a.swift.o", "Low.build/b.swift.o", "CLow.build/sub/c.c.o", "High.build/d.swift.o"].map
        {
            folder.appending(path: ".build/release/\($0)").path
        }
        let inputs = objects.map { "\"\($0)\"" }.joined(separator: ",")
        let plan = """
            commands:
              "C.program-x86_64-unknown-linux-gnu-release.exe":
                tool: shell
                inputs: [\(inputs),"/usr/lib/x.a"]
            """
        for object in objects.map({ URL(filePath: $0) }) {
            let module = object.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: module, withIntermediateDirectories: true)
            if built.contains(where: object.path.contains) { try Data().write(to: object) }
        }
        try Data(plan.utf8).write(to: folder.appending(path: ".build/release.yaml"))
        let output = try bash(
            """
            cd "$1"; export PROGRESS_INTERVAL=0 BUILD="$3"
            "$2" .build/log bash -c 'printf "%s\\n" "$BUILD"; exit \(status)' --product program 2>&1 || echo "status $?"
            """, folder.path, House.root.appending(path: ".ci/progress").path, lines.joined(separator: "\n"))
        // It repeats the last line while a step takes long.
        return output.split(separator: "\n").map { String($0.prefix { $0 != "," }) }.reduce(into: []) { lines, line in
            if lines.last != line { lines.append(line) }
        }
    }

    @Test("names the module, how many there are, and what is left; a step that compiles nothing counts no module")
    func modules() throws {
        let lines = try progress([
            "Building for production...", "[0/5] Write sources", "[1/5] Compiling c.c", "[2/5] Compiling Low a.swift",
            "[3/5] Compiling High d.swift", "[4/5] Linking program", "Build of product 'program' complete! (9s)",
        ])
        #expect(
            lines == [
                "building: step 0 of 5", "building: module 1 of 3 (CLow)", "building: module 2 of 3 (Low)",
                "building: module 3 of 3 (High)",
                "Build of product 'program' complete! (9s)",
            ])
    }

    @Test("counts steps where all modules were built before, and leaves out those that were")
    func incremental() throws {
        let lines = ["[1/2] Compiling High d.swift", "[2/2] Linking program"]
        #expect(
            try progress(lines, built: ["High", "Low"]) == [
                "building: step 1 of 2 (High)", "building: step 2 of 2 (High)",
            ])
        #expect(try progress(lines, built: ["/Low"]).first == "building: module 1 of 2 (High)")
    }

    @Test("leaves out the linker's warning of mktemp in the toolchain's Foundation, and no other warning of mktemp")
    func toolchainWarning() throws {
        let warning = "warning: the use of `mktemp' is dangerous, better use `mkstemp' or `mkdtemp'"
        let own = ".build/release/Low.build/a.swift.o:a.swift:function f: \(warning)"
        let file = "/opt/swift/usr/lib/swift_static/linux/libFoundationEssentials.a(Data+Writing.swift.o)"
        #expect(
            try progress(["\(file):_ThreadLocal.swift.o:function g: \(warning)", own]) == [
                String(own.prefix { $0 != "," })
            ])
    }

    @Test("shows errors and warnings as they come, and the end of the log when the build fails")
    func failure() throws {
        let lines = try progress(["a.swift:1:1: error: no", "a.swift:1:1: warning: hm", "other"], exit: 1)
        #expect(lines.prefix(2) == ["a.swift:1:1: error: no", "a.swift:1:1: warning: hm"])
        #expect(lines.contains { $0.hasPrefix("the build failed; last lines of .build/log") })
        #expect(lines.suffix(2) == ["other", "status 1"])
    }
}
