import SealaneBench
import SealaneFigures
import Testing

@Suite struct IPerfTests {
    @Test(
        arguments: [
            ("Server listening on 7301 (test #1)", IPerfLine.listening),
            ("Accepted connection from 10.77.0.1, port 39762", .accepted("10.77.0.1")),
            ("Accepted connection from fd77::1, port 39762", .accepted("fd77::1")),
            ("[  5]   0.00-1.00   sec  4.50 GBytes  38.6 Gbits/sec                  ", .carried(9 << 29)),
            (
                "[  5]   0.00-0.05   sec   468 KBytes  82.4 Mbits/sec  0.000 ms  10953/18440 (59%)  ",
                .carried(468 << 10)
            ),
            ("[ 25]   1.00-2.00   sec   512 MBytes  4.29 Gbits/sec    0   3.01 MBytes       ", .carried(512 << 20)),
            ("[  5]   1.00-2.00   sec  0.00 Bytes  0.00 bits/sec                  ", .carried(0)),
            ("[  5]   0.00-0.05   sec   468 KBytes  82.4 Mbits/sec  0.000 ms  10953/18440 (59%)  receiver", nil),
            ("[SUM]   0.00-1.00   sec  4.55 GBytes  39.1 Gbits/sec                  ", nil),
            ("[ ID] Interval           Transfer     Bitrate", nil),
            ("[  5] local 127.0.0.1 port 5301 connected to 127.0.0.1 port 42549", nil),
            ("-----------------------------------------------------------", nil), ("", nil),
            ("[  5]   0.00-1.00   sec  1e999 GBytes  39.1 Gbits/sec", nil),
            ("[  5]   0.00-1.00   sec  -1 GBytes  39.1 Gbits/sec", nil),
            (
                "iperf3: error - unable to start listener for connections: Address already in use",
                .failed("unable to start listener for connections: Address already in use")
            ),
        ] as [(String, IPerfLine?)])
    func `the output lines of an iperf3 3.12 server are parsed`(text: String, line: IPerfLine?) {
        #expect(IPerfLine(text) == line)
    }

    @Test func `a TCP result has the receiver's rate and the sender's retransmits`() throws {
        let json = """
            {"start":{},"intervals":[],"end":{
            "sum_sent":{"start":0,"end":1,"seconds":2.0,"bytes":2500000,"bits_per_second":10000000,"retransmits":7},
            "sum_received":{"start":0,"end":1,"seconds":1.6,"bytes":2000000,"bits_per_second":10000000},
            "cpu_utilization_percent":{"host_total":25,"host_user":5,"host_system":20,"remote_total":50}}}
            """
        let result = try IPerfResult(json: Array(json.utf8))
        #expect(result.bitsPerSecond == 10_000_000)
        #expect(result.seconds == 1.6)
        #expect(result.receivedByteCount == 2_000_000)
        #expect(result.retransmits == 7)
        #expect(result.localProcessorSeconds == 0.5)
        #expect(result.remoteProcessorSeconds == 1)
    }

    @Test func `UDP loss counts datagrams up to the last one that arrived`() throws {
        let json = """
            {"end":{"sum":{"seconds":0.5,"bytes":1,"bits_per_second":1,"lost_packets":100,"packets":400},
            "sum_sent":{"seconds":0.5,"bytes":1,"bits_per_second":1,"lost_packets":0,"packets":500},
            "sum_received":{"seconds":0.5,"bytes":1,"bits_per_second":1,"lost_packets":100,"packets":400}}}
            """
        let result = try IPerfResult(json: Array(json.utf8))
        #expect(result.loss == 0.25)
        #expect(result.offeredDatagramsPerSecond == 1000)
    }

    @Test(arguments: [
        "", "{}", "[]", "{\"end\":{}}", #"{"error":"unable to connect to server: Connection refused"}"#,
        #"{"end":{"sum":{"seconds":1,"bytes":1,"bits_per_second":1,"packets":1,"lost_packets":-9223372036854775808}}}"#,
        #"{"end":{"sum":{"seconds":1,"bytes":1,"bits_per_second":1,"retransmits":-1}}}"#,
        #"{"end":{"sum_sent":{"seconds":-1,"bytes":1,"bits_per_second":1},"sum_received":{"seconds":1,"bytes":1,"bits_per_second":1}}}"#,
    ])
    func `invalid or failed reports are errors`(json: String) {
        #expect(throws: BenchError.self) { try IPerfResult(json: Array(json.utf8)) }
    }

    @Test func `a transfer without arrivals lost everything`() throws {
        let json = #"{"end":{"sum":{"seconds":1,"bytes":0,"bits_per_second":0,"lost_packets":0,"packets":0}}}"#
        #expect(try IPerfResult(json: Array(json.utf8)).loss == 1)
    }

    @Test func `a transfer becomes the right iperf3 arguments`() {
        let tcp = IPerfTransfer(streams: 4, direction: .toClient, length: .seconds(2))
        #expect(tcp.arguments == ["-P", "4", "-R", "-t", "2"])
        let udp = IPerfTransfer(length: .datagrams(100), datagramByteCount: 64, bitsPerSecond: 512_000)
        #expect(udp.arguments == ["-P", "1", "-k", "100", "-u", "-l", "64", "-b", "512000"])
        #expect(IPerfTransfer(length: .bytes(9)).arguments == ["-P", "1", "-n", "9"])
    }
}
