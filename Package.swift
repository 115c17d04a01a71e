// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Intel's IPsec-MB, linked statically if it is installed (Debian: libipsec-mb-dev, x86-64 only). SwiftPM caches the result of
// this file until the file or the environment changes, so the Makefile passes IPSEC_MB, which changes with the header.
let hasIPsecMB =
    FileManager.default.fileExists(atPath: "/usr/include/intel-ipsec-mb.h")
    && ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"].contains { folder in
        FileManager.default.fileExists(atPath: "\(folder)/libIPSec_MB.a")
    }
let ipsecMB: [Target.Dependency] = hasIPsecMB ? ["CIPsecMB"] : []
// `make bench` sets this for a second pair of programs that encrypt nothing: they measure the cost of everything but the cipher.
let hasNoCipher = Context.environment["SEALANE_BENCHMARK_WITHOUT_CIPHER"] == "1"
// `make fuzz` sets this for the program in which libFuzzer supplies the main function.
let isFuzzing = Context.environment["SEALANE_FUZZING"] == "1"

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// Exact versions, so that every build uses the versions that were tested and reviewed. A range would also admit older, vulnerable
// ones: swift-crypto 4.5.0 and earlier have CVE-2026-43823, a double free when an RSA public key cannot be parsed, which any
// configured peer could trigger with a certificate. To upgrade: change the version, review the package's changes, run all tests.
let dependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
]

// Links the Swift runtime and Foundation into a program, so that it runs on hosts without Swift. Only the link differs: programs
// and tests share their object files. The test bundle cannot be linked this way, because Swift Testing exists as a shared library
// only; therefore no test target depends on a program. (`--static-swift-stdlib` would compile every module again.)
let staticRuntime: [LinkerSetting] =
    [.unsafeFlags(["-static-stdlib"])]
    // Parts of Foundation, which Yams imports whole. Objects compiled for shared libraries do not ask for them.
    + ["CoreFoundation", "_FoundationICU", "_FoundationCShims", "_FoundationCollections"].map { .linkedLibrary($0) }

let package = Package(
    name: "sealane",
    products: [
        .executable(name: "sealaned", targets: ["sealaned"]),
        .executable(name: "sealane", targets: ["sealane"]),
    ],
    dependencies: dependencies,
    targets: [
        // C interop: declarations that Swift cannot import by itself. No logic.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CLinux", pkgConfig: "libnl-route-3.0", providers: [.apt(["libnl-route-3-dev"])]),

        // The mutex that all modules share.
        .target(name: "SealaneLock"),

        // Pure: no I/O, no clock, no source of randomness.
        .target(name: "SealanePacket"),
        .target(
            name: "SealaneAEAD", dependencies: ["SealaneLock", "CSodium"] + ipsecMB,
            swiftSettings: (hasIPsecMB ? [.define("IPsecMB")] : []) + (hasNoCipher ? [.define("NoCipher")] : []),
            linkerSettings: hasIPsecMB ? [.linkedLibrary(":libIPSec_MB.a")] : []),
        .target(name: "SealaneTunnel", dependencies: ["SealaneAEAD", "SealanePacket", "CSodium"]),
        .target(name: "SealaneEligibility", dependencies: ["SealanePacket"]),

        // Presents measurements: statistics, tables, charts, and the report of `sealane bench`.
        .target(name: "SealaneFigures"),

        // The only module that makes system calls.
        .target(name: "SealaneLinux", dependencies: ["SealaneLock", "SealanePacket", "CLinux"]),

        // An HTTP client that sends one request at a time, to the agent or to the instance metadata service.
        .target(name: "SealaneHTTP", dependencies: nio),

        .target(
            name: "SealaneIdentity",
            dependencies: [
                "SealaneEligibility", "SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux", x509, asn1,
                crypto, cryptoExtras, "SealaneHTTP", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .target(
            name: "SealaneFleet",
            dependencies: [
                "SealaneEligibility", "SealaneIdentity", "SealaneTunnel", "SealanePacket", "SealaneLinux", subprocess,
                yams,
            ]),
        // The configuration file, the files that it names, and how it agrees with the host: for the agent and the command.
        .target(
            name: "SealaneConfiguration",
            dependencies: [
                "SealaneEligibility", "SealaneIdentity", "SealaneFleet", "SealaneTunnel", "SealanePacket",
                "SealaneAEAD", "SealaneLinux", logging, yams,
            ]),
        // The control API as both ends see it: reports, errors, routes, and the client.
        .target(
            name: "SealaneControl",
            dependencies: [
                "SealaneEligibility", "SealaneHTTP", "SealaneIdentity", "SealaneFleet", "SealaneLinux",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        // What people see in a terminal.
        .target(
            name: "SealaneConsole",
            dependencies: [
                "SealaneConfiguration", "SealaneControl", "SealaneEligibility", "SealaneFigures", "SealaneFleet",
                "SealaneIdentity", "SealaneLinux", "SealanePacket", "SealaneTunnel",
            ]),
        .target(
            name: "SealaneDataplane",
            dependencies: ["SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux"]),
        .target(
            name: "SealaneAgent",
            dependencies: [
                "SealaneConfiguration", "SealaneControl", "SealaneEligibility", "SealaneIdentity", "SealaneFleet",
                "SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux", "SealaneDataplane", logging,
            ] + nio),
        // `sealane bench`: the measuring client and server.
        .target(
            name: "SealaneBench",
            dependencies: [
                "SealaneEligibility", "SealaneFigures", "SealaneLinux", "SealanePacket", subprocess,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "sealaned",
            dependencies: [
                "SealaneAgent", "SealaneConfiguration", "SealaneControl", "SealaneLinux", argumentParser, logging,
            ],
            linkerSettings: staticRuntime),
        .executableTarget(
            name: "sealane",
            dependencies: [
                "SealaneBench", "SealaneConfiguration", "SealaneConsole", "SealaneControl", "SealaneEligibility",
                "SealaneFigures", "SealaneFleet", "SealaneIdentity", "SealaneLinux", "SealanePacket", "SealaneTunnel",
                argumentParser,
            ],
            linkerSettings: staticRuntime),

        // Shared by several test targets.
        .target(
            name: "TestSupport",
            dependencies: ["SealaneAEAD", "SealaneFigures", "SealaneLinux", "SealanePacket", "SealaneTunnel"] + nio,
            path: "Tests/TestSupport"),
        .testTarget(name: "SealanePacketTests", dependencies: ["SealanePacket", "TestSupport"]),
        .testTarget(name: "SealaneAEADTests", dependencies: ["SealaneAEAD"], resources: [.copy("Vectors")]),
        .testTarget(
            name: "SealaneTunnelTests", dependencies: ["SealaneTunnel", "SealaneAEAD", "SealanePacket", "TestSupport"],
            resources: [.copy("Vectors")]),
        .testTarget(
            name: "SealaneEligibilityTests", dependencies: ["SealaneEligibility", "SealanePacket", "TestSupport"],
            resources: [.copy("Data")]),
        .testTarget(name: "SealaneLinuxTests", dependencies: ["SealaneLinux", "TestSupport"]),
        .testTarget(
            name: "SealaneIdentityTests",
            dependencies: [
                "SealaneIdentity", "SealaneEligibility", "SealaneLinux", "SealanePacket", "SealaneTunnel",
                "TestSupport", crypto, cryptoExtras,
            ],
            resources: [.copy("Data")]),
        .testTarget(
            name: "SealaneFleetTests",
            dependencies: [
                "SealaneFleet", "SealaneEligibility", "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport",
            ]),
        .testTarget(
            name: "SealaneDataplaneTests",
            dependencies: [
                "SealaneDataplane", "SealaneTunnel", "SealanePacket", "SealaneAEAD", "SealaneLinux", "TestSupport",
            ]),
        // A configuration, reports of an agent, and an agent that does nothing: for the tests of several modules.
        .target(
            name: "AgentTestSupport",
            dependencies: [
                "SealaneAgent", "SealaneConfiguration", "SealaneControl", "SealaneEligibility", "SealaneFleet",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport", logging,
            ],
            path: "Tests/AgentTestSupport"),
        .testTarget(
            name: "SealaneConfigurationTests",
            dependencies: [
                "AgentTestSupport", "SealaneAEAD", "SealaneConfiguration", "SealaneEligibility", "SealaneFleet",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport",
            ]),
        .testTarget(
            name: "SealaneControlTests",
            dependencies: [
                "AgentTestSupport", "SealaneAgent", "SealaneControl", "SealaneEligibility", "SealaneFleet",
                "TestSupport",
            ]),
        .testTarget(
            name: "SealaneConsoleTests",
            dependencies: [
                "AgentTestSupport", "SealaneAgent", "SealaneConfiguration", "SealaneConsole", "SealaneControl",
                "SealaneEligibility", "SealaneFleet", "SealaneIdentity", "SealaneLinux", "SealanePacket",
                "SealaneTunnel", "TestSupport",
            ]),
        .testTarget(
            name: "SealaneAgentTests",
            dependencies: [
                "AgentTestSupport", "SealaneAEAD", "SealaneAgent", "SealaneConfiguration", "SealaneConsole",
                "SealaneControl", "SealaneDataplane", "SealaneEligibility", "SealaneFleet", "SealaneIdentity",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport",
            ]),
        .testTarget(
            name: "SealaneBenchTests",
            dependencies: [
                "SealaneBench", "SealaneFigures", "SealaneLinux", "SealanePacket", "TestSupport", subprocess,
            ]),
        // Runs programs and hosts in network namespaces, for integration tests and the tunnel benchmark.
        .target(name: "NetworkLab", dependencies: ["TestSupport"], path: "Tests/NetworkLab"),
        // `make bench`: tunnel-bench measures; TunnelFigures, which is pure, evaluates and presents.
        .target(name: "TunnelFigures", dependencies: ["SealaneFigures"], path: "Benchmarks/TunnelFigures"),
        .executableTarget(
            name: "tunnel-bench",
            dependencies: [
                "NetworkLab", "SealaneAEAD", "SealaneDataplane", "SealaneEligibility", "SealaneFigures", "SealaneLinux",
                "SealanePacket", "SealaneTunnel", "TestSupport", "TunnelFigures", argumentParser,
            ],
            path: "Benchmarks/Tunnels"),
        // `make benchmicro`. CCounting counts allocations.
        .target(name: "CCounting", path: "Benchmarks/CCounting"),
        .executableTarget(
            name: "micro-bench",
            dependencies: [
                "CCounting", "SealaneAEAD", "SealaneEligibility", "SealaneFigures", "SealaneIdentity", "SealaneLinux",
                "SealanePacket", "SealaneTunnel", "TestSupport", argumentParser,
            ],
            path: "Benchmarks/Micro"),
        // `make fuzz`: the parsers under test, and a program that is the libFuzzer target in one build and times the parsers in
        // the other.
        .target(
            name: "ParserFuzzing",
            dependencies: [
                "SealaneIdentity", "SealaneEligibility", "SealaneFigures", "SealaneTunnel", "SealanePacket",
                "SealaneAEAD", "TestSupport", crypto,
            ],
            path: "Tests/ParserFuzzing"),
        .executableTarget(
            name: "fuzz-parsers", dependencies: ["ParserFuzzing", "TestSupport", argumentParser], path: "Tests/Fuzz",
            exclude: ["run"],
            swiftSettings: isFuzzing ? [.define("LibFuzzer")] : []),
        .testTarget(name: "ParserFuzzingTests", dependencies: ["ParserFuzzing"]),
        // `make fleet`: a client that handshakes without the checks that an agent makes of its own certificate.
        .executableTarget(
            name: "unchecked-handshake",
            dependencies: [
                "SealaneAEAD", "SealaneConfiguration", "SealaneDataplane", "SealaneEligibility", "SealaneIdentity",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", argumentParser,
            ],
            path: "Tests/UncheckedHandshake"),
        .testTarget(name: "SealaneFiguresTests", dependencies: ["SealaneFigures", "TestSupport"]),
        .testTarget(name: "TunnelFiguresTests", dependencies: ["SealaneFigures", "TestSupport", "TunnelFigures"]),
        .testTarget(name: "HouseTests", dependencies: ["SealaneEligibility"]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "NetworkLab", "SealaneAgent", "SealaneConfiguration", "SealaneConsole", "SealaneControl",
                "SealaneDataplane", "SealaneEligibility", "SealaneFigures", "SealaneFleet", "SealaneIdentity",
                "SealaneLinux", "SealanePacket", "SealaneTunnel", "TestSupport", logging,
            ]),
    ] + (hasIPsecMB ? [.systemLibrary(name: "CIPsecMB", providers: [.apt(["libipsec-mb-dev"])])] : [])
)

// Every module of this package: warnings are errors.
for target in package.targets where target.type != .system {
    target.swiftSettings = [.treatAllWarnings(as: .error), .swiftLanguageMode(.v6)] + (target.swiftSettings ?? [])
}
