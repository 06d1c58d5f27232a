console.log("apples");
