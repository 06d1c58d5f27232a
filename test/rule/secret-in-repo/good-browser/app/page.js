const settings = {apiKey: "AIzaSyBq7Wz3Kd0Lm5Rt8Yx2Vc4Nf6Hj1Gs9Pe7", authDomain: "lamp.firebaseapp.com"};
