# escape=`
FROM mcr.example.org/base
COPY one.txt `
  two.txt c:\app\
RUN echo a`
