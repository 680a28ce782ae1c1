// os/exec with both outputs captured: Output() keeps standard error too.
// Speaks as harness.h says.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

func runOnce(command []string) {
	_, err := exec.Command(command[0], command[1:]...).Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer_go:", err)
		os.Exit(1)
	}
}

func main() {
	command := os.Args[1:]
	runOnce(command)
	fmt.Println("ready", runtime.Version())
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		var runs int
		fmt.Sscanf(asked.Text(), "go %d", &runs)
		start := time.Now()
		for i := 0; i < runs; i++ {
			runOnce(command)
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
}
