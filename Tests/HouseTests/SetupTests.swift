import Foundation
import Testing

@Suite struct SetupTests {
    /// A fake root of a file system. The deinitializer deletes it.
    private final class Root {
        let path = FileManager.default.temporaryDirectory.appending(path: "sealane-root-\(UUID().uuidString)").path

        init() throws {
            for folder in [
                "etc/systemd/system/multi-user.target.wants", "etc/systemd/system/timers.target.wants", "etc/rc2.d",
                "etc/rc3.d", "etc/rc0.d",
            ] {
                try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
            }
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        func link(_ links: String...) throws {
            for link in links {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(path)/etc/\(link)", withDestinationPath: "/nowhere")
            }
        }

        /// All links below `etc`.
        var links: [String] {
            get throws {
                try FileManager.default.subpathsOfDirectory(atPath: path + "/etc").filter { name in
                    let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/etc/\(name)")
                    return attributes[.type] as? FileAttributeType == .typeSymbolicLink
                }
                .sorted()
            }
        }

        /// Runs a line of bash with the functions of .ci/services.bash and this root as `$1`.
        func run(_ line: String, _ more: String = "") throws -> String {
            try bash("source '\(House.root.path)/.ci/services.bash'; \(line)", path, more)
        }
    }

    @Test func `set-up disables services of new packages and keeps the others`() throws {
        let root = try Root()
        let old = [
            "rc0.d/K01ssh", "rc2.d/S01ssh", "systemd/system/multi-user.target.wants/ssh.service",
            "systemd/system/timers.target.wants/logrotate.timer",
        ]
        for link in old { try root.link(link) }
        let before = try root.run(#"start_links "$1""#)
        #expect(before.split(separator: "\n").count == 3)
        // The links of Debian's nginx, and of a timer.
        try root.link(
            "rc0.d/K01nginx", "rc2.d/S01nginx", "rc3.d/S01nginx",
            "systemd/system/multi-user.target.wants/nginx.service", "systemd/system/timers.target.wants/other.timer")
        let said = try root.run(#"disable_new_links "$2" "$1""#, before)
        #expect(said == "nginx\nother.timer\n")
        #expect(try root.run(#"start_links "$1""#) == before)
        #expect(try root.links == (old + ["rc0.d/K01nginx", "rc2.d/K01nginx", "rc3.d/K01nginx"]).sorted())
        // A second run has nothing to do.
        #expect(try root.run(#"disable_new_links "$2" "$1""#, before) == "")
    }

    @Test func `set-up works on a machine without systemd and without init`() throws {
        let root = try Root()
        try FileManager.default.removeItem(atPath: root.path + "/etc")
        #expect(try root.run(#"start_links "$1""#) == "")
        #expect(try root.run(#"disable_new_links "" "$1""#) == "")
    }

    @Test func `set-up installs every program that tests run`() throws {
        let setup = try #require(try TextFile(".ci/setup")).lines
        let begin = try #require(setup.firstIndex(of: "    test)"))
        let needed = setup[begin...].prefix { $0 != "        ;;" }
        let tests = try House.files(under: "Tests", suffix: ".swift").filter { $0.path.contains("Tests/") }
            .filter { !$0.path.hasPrefix("Tests/HouseTests/") }
        for program in [
            "chromium", "curl", "ethtool", "ip", "iperf3", "nft", "nginx", "openssl", "ping", "ps", "socat", "tcpdump",
            "wg",
            "wireguard-go",
        ] {
            let word = try Regex<Substring>("[\"' ]\(program)[\"' ]")
            let users = tests.filter { !$0.places(of: word).isEmpty }.map(\.path)
            guard !users.isEmpty else { continue }
            #expect(needed.contains { $0.hasSuffix(" \(program)") }, "\(program), for \(users)")
        }
    }

    @Test func `set-up never installs without disabling new services`() throws {
        let setup = try #require(try TextFile(".ci/setup")).lines
        let steps = ["before=$(start_links", "apt-get install --yes", "disable_new_links \"$before\""].map { step in
            setup.firstIndex { $0.contains(step) }
        }
        #expect(steps.allSatisfy { $0 != nil })
        #expect(steps.compactMap(\.self) == steps.compactMap(\.self).sorted())
        #expect(setup.count { $0.contains("apt-get install --yes") } == 1)
    }
}
